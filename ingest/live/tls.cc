#include "ingest/live/tls_server.h"

#include <fmt/core.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509_vfy.h>
#include <sys/socket.h>

#include <cstddef>
#include <new>
#include <string_view>
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
    ::SSL_set_accept_state(session_.get());
  }

  ~TlsChannel() override { say_farewell(); }
  TlsChannel(const TlsChannel&) = delete;
  TlsChannel& operator=(const TlsChannel&) = delete;

  // Records are small: as many as there are.
  Got read(std::span<char> to) override {
    std::size_t held = 0;
    while (over_ == Got::Kind::kBytes && held < to.size()) {
      std::size_t got = 0;
      ::ERR_clear_error();
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
    over_ = Got::Kind::kFailed;
    const long verified = ::SSL_get_verify_result(session_.get());
    failure_ = verified != X509_V_OK ? ::X509_verify_cert_error_string(verified) : last_error();
    return false;
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

[[noreturn]] void refuse(const LiveSource& source, const char* what, const std::string& path) {
  throw Error(
      ExitCode::kBadConfig,
      fmt::format("The source {}: {} {} cannot be used: {}. Give a file in PEM form that this "
                  "user may read.",
                  source.name, what, path, last_error()));
}

}  // namespace

struct TlsServer::Impl {
  std::unique_ptr<SSL_CTX, FreeContext> context{::SSL_CTX_new(::TLS_server_method())};
};

TlsServer::TlsServer(const LiveSource& source) : impl_(std::make_unique<Impl>()) {
  SSL_CTX* context = impl_->context.get();
  if (context == nullptr) {
    throw std::bad_alloc();
  }
  (void)::SSL_CTX_set_min_proto_version(context, TLS1_2_VERSION);
  (void)::SSL_CTX_set_options(context, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_TICKET);
  (void)::SSL_CTX_set_num_tickets(context, 0);
  (void)::SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_OFF);
  // What could not be sent stands elsewhere when it is sent again.
  (void)::SSL_CTX_set_mode(context,
                           SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
  ::SSL_CTX_set_verify(context, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, nullptr);
  ::ERR_clear_error();
  if (::SSL_CTX_use_certificate_chain_file(context, source.tls_certificate.c_str()) != 1) {
    refuse(source, "tls_certificate", source.tls_certificate);
  }
  if (::SSL_CTX_use_PrivateKey_file(context, source.tls_key.c_str(), SSL_FILETYPE_PEM) != 1 ||
      ::SSL_CTX_check_private_key(context) != 1) {
    refuse(source, "tls_key", source.tls_key);
  }
  STACK_OF(X509_NAME)* names = ::SSL_load_client_CA_file(source.tls_client_ca.c_str());
  if (names == nullptr ||
      ::SSL_CTX_load_verify_locations(context, source.tls_client_ca.c_str(), nullptr) != 1) {
    ::sk_X509_NAME_pop_free(names, ::X509_NAME_free);
    refuse(source, "tls_client_ca", source.tls_client_ca);
  }
  ::SSL_CTX_set_client_CA_list(context, names);
}

TlsServer::~TlsServer() = default;

std::unique_ptr<Channel> TlsServer::channel(Descriptor socket) const {
  return std::make_unique<TlsChannel>(impl_->context.get(), std::move(socket));
}

}  // namespace tagtill
