#include "ingest/live/tls.h"

#include <fmt/core.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509_vfy.h>
#include <openssl/x509v3.h>
#include <poll.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <cstddef>
#include <new>
#include <string_view>
#include <system_error>
#include <utility>

#include "engine/errors.h"

namespace tagtill {
namespace {

std::string last_error() {
  const char* reason = ::ERR_reason_error_string(::ERR_peek_last_error());
  return reason == nullptr ? "no more is known" : reason;
}

struct FreeContext {
  void operator()(SSL_CTX* context) const { ::SSL_CTX_free(context); }
};
struct FreeSession {
  void operator()(SSL* session) const { ::SSL_free(session); }
};

class TlsChannel : public Channel {
 public:
  TlsChannel(SSL_CTX* context, Descriptor socket)
      : socket_(std::move(socket)), session_(::SSL_new(context)) {
    if (session_ == nullptr || ::SSL_set_fd(session_.get(), socket_.get()) != 1) {
      throw std::bad_alloc();
    }
  }

  ~TlsChannel() override { say_farewell(); }
  TlsChannel(const TlsChannel&) = delete;
  TlsChannel& operator=(const TlsChannel&) = delete;

  void accept() { ::SSL_set_accept_state(session_.get()); }

  // Of a server that has this name or address. Empty: it is known; else why not.
  std::string connect(const std::string& host, std::chrono::milliseconds patience) {
    SSL* session = session_.get();
    X509_VERIFY_PARAM* wanted = ::SSL_get0_param(session);
    ::X509_VERIFY_PARAM_set_hostflags(wanted, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
    const bool is_address = ::X509_VERIFY_PARAM_set1_ip_asc(wanted, host.c_str()) == 1;
    if (!is_address && (::SSL_set1_host(session, host.c_str()) != 1 ||
                        ::SSL_set_tlsext_host_name(session, host.c_str()) != 1)) {
      over_ = Got::Kind::kFailed;
      return "its name cannot be checked";
    }
    const auto end = std::chrono::steady_clock::now() + patience;
    for (;;) {
      ::ERR_clear_error();
      const int done = ::SSL_connect(session);
      if (done == 1) {
        return {};
      }
      const int error = ::SSL_get_error(session, done);
      if (error != SSL_ERROR_WANT_READ && error != SSL_ERROR_WANT_WRITE) {
        fail();
        return failure_;
      }
      const auto left =
          std::chrono::ceil<std::chrono::milliseconds>(end - std::chrono::steady_clock::now());
      pollfd socket{.fd = socket_.get(),
                    .events = static_cast<short>(error == SSL_ERROR_WANT_READ ? POLLIN : POLLOUT),
                    .revents = 0};
      if (left.count() <= 0 || ::poll(&socket, 1, static_cast<int>(left.count())) == 0) {
        over_ = Got::Kind::kFailed;
        return "no answer came in time; does it speak TLS there?";
      }
    }
  }

  // Records are small: as many as there are.
  Got read(std::span<char> to) override {
    std::size_t held = 0;
    while (over_ == Got::Kind::kBytes && held < to.size()) {
      std::size_t got = 0;
      ::ERR_clear_error();
      errno = 0;
      const int done = ::SSL_read_ex(session_.get(), to.data() + held, to.size() - held, &got);
      held += got;
      if (done != 1 && !may_go_on(::SSL_get_error(session_.get(), done))) {
        break;
      }
    }
    if (held > 0) {
      return {Got::Kind::kBytes, held, held == to.size() || over_ != Got::Kind::kBytes};
    }
    return {over_ == Got::Kind::kBytes ? Got::Kind::kNothing : over_};
  }

  std::size_t write(std::string_view bytes) override {
    std::size_t sent = 0;
    if (over_ != Got::Kind::kFailed && ::SSL_is_init_finished(session_.get()) != 0) {
      ::ERR_clear_error();
      (void)::SSL_write_ex(session_.get(), bytes.data(), bytes.size(), &sent);
    }
    return sent;
  }

  void end_writing() override {
    say_farewell();
    (void)::shutdown(socket_.get(), SHUT_WR);
  }

  [[nodiscard]] bool reads_when_writable() const override { return wants_to_write_; }
  [[nodiscard]] int descriptor() const override { return socket_.get(); }

 private:
  // After a read that gave nothing. Notes whether anything will.
  bool may_go_on(int error) {
    wants_to_write_ = error == SSL_ERROR_WANT_WRITE;
    if (error == SSL_ERROR_WANT_READ || error == SSL_ERROR_WANT_WRITE) {
      return false;
    }
    if (error == SSL_ERROR_ZERO_RETURN) {
      over_ = Got::Kind::kEnd;
      return false;
    }
    fail();
    return false;
  }

  void fail() {
    const int error = errno;
    over_ = Got::Kind::kFailed;
    const long verified = ::SSL_get_verify_result(session_.get());
    // Of a connection that broke below it TLS has nothing to say.
    const bool below = ::ERR_peek_last_error() == 0 && error != 0;
    failure_ = verified != X509_V_OK ? ::X509_verify_cert_error_string(verified)
               : below               ? std::generic_category().message(error)
                                     : last_error();
  }

  void say_farewell() {
    if (over_ != Got::Kind::kFailed && ::SSL_is_init_finished(session_.get()) != 0) {
      ::ERR_clear_error();
      (void)::SSL_shutdown(session_.get());
    }
  }

  Descriptor socket_;
  std::unique_ptr<SSL, FreeSession> session_;
  bool wants_to_write_ = false;
  Got::Kind over_ = Got::Kind::kBytes;  // kEnd or kFailed, once it is
};

using Context = std::unique_ptr<SSL_CTX, FreeContext>;

struct Refusal {
  ExitCode code;
  std::string who;

  [[noreturn]] void refuse(const TlsFiles::File& file) const {
    throw Error(code, fmt::format("{}{} {} cannot be used: {}. Give a file in PEM form that this "
                                  "user may read.",
                                  who, file.option, file.path, last_error()));
  }
};

// What both sides have in common.
Context make_context(const SSL_METHOD* method, const TlsFiles& files, const Refusal& refusal) {
  Context made(::SSL_CTX_new(method));
  SSL_CTX* context = made.get();
  if (context == nullptr) {
    throw std::bad_alloc();
  }
  (void)::SSL_CTX_set_min_proto_version(context, TLS1_2_VERSION);
  (void)::SSL_CTX_set_options(context, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_TICKET);
  (void)::SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_OFF);
  // What could not be sent stands elsewhere when it is sent again.
  (void)::SSL_CTX_set_mode(context,
                           SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
  ::SSL_CTX_set_verify(context, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, nullptr);
  ::ERR_clear_error();
  if (::SSL_CTX_use_certificate_chain_file(context, files.certificate.path.c_str()) != 1) {
    refusal.refuse(files.certificate);
  }
  if (::SSL_CTX_use_PrivateKey_file(context, files.key.path.c_str(), SSL_FILETYPE_PEM) != 1 ||
      ::SSL_CTX_check_private_key(context) != 1) {
    refusal.refuse(files.key);
  }
  if (::SSL_CTX_load_verify_locations(context, files.ca.path.c_str(), nullptr) != 1) {
    refusal.refuse(files.ca);
  }
  return made;
}

}  // namespace

struct TlsServer::Impl {
  Context context;
};

TlsServer::TlsServer(const TlsFiles& files, const std::string& who)
    : impl_(std::make_unique<Impl>()) {
  const Refusal refusal{ExitCode::kBadConfig, who};
  impl_->context = make_context(::TLS_server_method(), files, refusal);
  (void)::SSL_CTX_set_num_tickets(impl_->context.get(), 0);
  // Senders are told by whom theirs should be signed.
  STACK_OF(X509_NAME)* names = ::SSL_load_client_CA_file(files.ca.path.c_str());
  if (names == nullptr) {
    refusal.refuse(files.ca);
  }
  ::SSL_CTX_set_client_CA_list(impl_->context.get(), names);
}

TlsServer::~TlsServer() = default;

std::unique_ptr<Channel> TlsServer::channel(Descriptor socket) const {
  auto channel = std::make_unique<TlsChannel>(impl_->context.get(), std::move(socket));
  channel->accept();
  return channel;
}

struct TlsClient::Impl {
  Context context;
};

TlsClient::TlsClient(const TlsFiles& files) : impl_(std::make_unique<Impl>()) {
  impl_->context = make_context(::TLS_client_method(), files, {ExitCode::kUsage, ""});
}

TlsClient::~TlsClient() = default;

std::unique_ptr<Channel> TlsClient::channel(Descriptor socket, const std::string& host,
                                            std::chrono::milliseconds patience,
                                            std::string& problem) const {
  auto channel = std::make_unique<TlsChannel>(impl_->context.get(), std::move(socket));
  problem = channel->connect(host, patience);
  return problem.empty() ? std::move(channel) : nullptr;
}

}  // namespace tagtill
