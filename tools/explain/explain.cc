#include "tools/explain/explain.h"

#include <fmt/core.h>

#include <optional>
#include <utility>
#include <vector>

#include "engine/decider.h"
#include "engine/lane.h"
#include "ingest/dump_reader.h"
#include "sinks/output_file.h"
#include "tools/command_line.h"
#include "tools/messages.h"

namespace tagtill {
namespace {

constexpr const char* kFooter =
    "Example:\n"
    "  tagtill explain --offers offers.jsonl --members members.jsonl --secret-file secret \\\n"
    "    --post 505874924095815681 recordings/\n"
    "The options and dumps must be those of the replay that is to be explained. What is\n"
    "printed holds accounts and codes, as the events do.\n"
    "Exit codes: 0; 1 no such post; 2 wrong usage; 65 a dump could not be read whole;\n"
    "78 a bad catalogue, member file or secret.";

// Offer ids hold no colon (P7.1), post ids may.
Subject subject_of(const ExplainOptions& options) {
  if (options.post.empty() == options.purchase.empty()) {
    throw Error(ExitCode::kUsage,
                "Give --post ID or --purchase ID, and one of them only: what is to be explained.");
  }
  if (!options.post.empty()) {
    return {options.post, {}, options.author};
  }
  const std::size_t colon = options.purchase.rfind(':');
  if (colon == std::string::npos || colon == 0 || colon + 1 == options.purchase.size()) {
    throw Error(ExitCode::kUsage,
                fmt::format("--purchase: \"{}\" is not the id of a post, a colon and the id of an "
                            "offer, as 505874924095815681:kindle-hd.",
                            options.purchase));
  }
  return {options.purchase.substr(0, colon), options.purchase.substr(colon + 1), options.author};
}

void refuse_unknown_offer(const OfferCatalogue& catalogue, const std::string& purchase) {
  const std::string id = purchase.substr(purchase.rfind(':') + 1);
  const auto offers = catalogue.offers();
  if (std::none_of(offers.begin(), offers.end(),
                   [&](const Offer& offer) { return offer.id == id; })) {
    throw Error(ExitCode::kUsage,
                fmt::format("--purchase: there is no offer {} in the offers file.", id));
  }
}

}  // namespace

struct Explainer::Impl {
  Impl(const Configuration& configuration, const ProtocolOptions& options, Subject subject,
       std::string& out)
      : narrator(std::move(subject), options, configuration.offers, configuration.members, out),
        lane(make_search_context(configuration.offers, configuration.members,
                                 options.confirm_prefix, false)),
        decider(configuration.offers, configuration.members, configuration.secret, options) {
    decider.set_trace(&narrator);
  }

  Narrator narrator;
  Lane lane;
  Decider decider;
  CandidateBatch candidates;
  EventBatch events;
};

Explainer::Explainer(const Configuration& configuration, const ProtocolOptions& options,
                     Subject subject, std::string& out)
    : impl_(std::make_unique<Impl>(configuration, options, std::move(subject), out)) {}
Explainer::~Explainer() = default;

void Explainer::do_block(const Block& block, std::string_view source_name) {
  impl_->lane.process(block, impl_->candidates);
  impl_->events.clear();
  impl_->narrator.begin_block(block, source_name);
  impl_->decider.apply(impl_->candidates, impl_->events);
  impl_->narrator.end_block();
}

void Explainer::end() { impl_->narrator.end(); }
bool Explainer::found() const { return impl_->narrator.found(); }

ExitCode explain(const ExplainOptions& options) {
  check_prefix(options.protocol.confirm_prefix);
  Subject subject = subject_of(options);
  const std::string post = subject.post_id;
  FileErrors problems;
  DumpReader reader(expand_dumps(options.dumps, problems), options.block_bytes);
  const std::optional<Configuration> configuration = load_configuration(options, "explained");
  if (!configuration) {
    return ExitCode::kBadConfig;
  }
  if (!options.purchase.empty()) {
    refuse_unknown_offer(*configuration->offers, options.purchase);
  }
  OutputFile out("-", "the explanation");
  out.open();
  Explainer explainer(*configuration, options.protocol, std::move(subject), out.lines());
  Block block;
  while (reader.next(block)) {
    explainer.do_block(block, reader.source_name(block.source));
    out.drain_if_full();
  }
  explainer.end();
  out.close();
  say_problems(problems);
  say_problems(reader.problems());
  if (!explainer.found()) {
    say(
        fmt::format("The post {}{} does not occur in what was read. Is it the id as it stands in "
                    "`id_str`, and are these the right dumps?",
                    post, options.author.empty() ? "" : " of author " + options.author));
  }
  if (!problems.empty() || !reader.problems().empty()) {
    return ExitCode::kBadInput;
  }
  return explainer.found() ? ExitCode::kOk : ExitCode::kFailed;
}

void add_explain_command(Command& root) {
  const auto options = std::make_shared<ExplainOptions>();
  Command& command =
      root.command("explain", "Show what each rule saw and decided for a post or purchase",
                   [options] { return explain(*options); });
  add_stream_options(command, *options);
  command.text("--post", options->post, "ID", "A post, and all that came of it")
      .text("--purchase", options->purchase, "ID",
            "The whole life of a purchase; its id is that of the intent's post, a colon, and "
            "the offer's")
      .text("--author", options->author, "ID", "Only if the post is of this author")
      .footer(kFooter);
}

}  // namespace tagtill
