#include "tools/send/send_command.h"

#include <memory>

#include "tools/command_line.h"
#include "tools/send/send.h"

namespace tagtill {
namespace {

constexpr std::uint64_t kLoopMax = 1'000'000'000;

constexpr const char* kFooter =
    "With --stream the tier says how much of the stream of that name it has, and what it lacks is\n"
    "sent, again if need be: over broken connections, and also when this program is killed and "
    "the\n"
    "same command is run again. The stream is the lines of all dumps, --loop times, without those\n"
    "longer than 1 MiB: so the dumps, their order and --loop must be the same each time, and\n"
    "standard input must bring the same once more. Another recording needs another name. Without\n"
    "--stream nobody says what has arrived: what is under way when a connection breaks may be "
    "lost.\n"
    "\n"
    "A speed of N/s keeps to its schedule: line i is due i/N seconds after the start, and who is\n"
    "late sends at once. 1x, 10x go by the event times of the posts; what lies more than a minute\n"
    "before or behind (the next dump, a gap) is not waited for. --loop repeats the dumps byte for\n"
    "byte: for the rules the posts of later rounds are duplicates or late, so rounds after the "
    "first\n"
    "are load and bring no purchases (`tagtill corpus weave --copies` makes long recordings with "
    "times\n"
    "and ids of their own).\n"
    "With --tls-ca, --tls-cert and --tls-key (all three) it speaks TLS, to a source of kind tcp "
    "that\n"
    "has tls_certificate, tls_key and tls_client_ca. HOST must be a name or an address for which "
    "the\n"
    "tier's certificate was made.\n"
    "Example:\n"
    "  tagtill send --to tcp:127.0.0.1:7077 --stream monday --speed 10x recordings/\n"
    "Exit codes: 0 all was sent, and with --stream acknowledged; 1 failed; 2 wrong usage; 65 a "
    "dump\n"
    "could not be read whole, or is not what was sent before; 74 the tier lacks what it had\n"
    "acknowledged; 75 given up.";

}  // namespace

void add_send_command(Command& root) {
  const auto options = std::make_shared<SendOptions>();
  root.command("send", "Play recorded dumps to a running tier",
               [options] { return send(*options); })
      .positionals("DUMP", options->dumps, true,
                   "What to send: files, folders, or - for standard input, as `tagtill replay` "
                   "reads them")
      .required_text("--to", options->to, "WHERE", "tcp:HOST:PORT or unix:PATH")
      .text("--tls-ca", options->tls_ca, "FILE",
            "TLS: certificates that vouch for the tier's, PEM; its name or address is checked")
      .text("--tls-cert", options->tls_cert, "FILE",
            "TLS: the sender's certificate with what it was signed by, PEM")
      .text("--tls-key", options->tls_key, "FILE", "TLS: its key, PEM")
      .text("--stream", options->stream, "NAME",
            "The name of the stream: each byte arrives exactly once; 1 to 64 of A-Z a-z 0-9 . _ -")
      .text("--speed", options->speed, "SPEED",
            "1x, 10x and so on by the event times, N/s lines a second, or max")
      .number("--loop", options->loop, 1, kLoopMax, "How often the dumps are sent")
      .text("--buffer", options->buffer, "SIZE",
            "How much may be sent and not yet acknowledged; when it is full sending waits")
      .duration("--give-up-after", options->give_up_after_ms,
                "Give up when nothing has gone on for so long; 0: never")
      .choice("--summary", options->summary, {"text", "json", "none"},
              "What is said at the end on standard error")
      .choice("--progress", options->progress, {"auto", "on", "off"},
              "A progress line on standard error (auto: on a terminal)")
      .footer(kFooter);
}

}  // namespace tagtill
