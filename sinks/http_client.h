// POST requests to one URL, several at a time. Hides curl.h.
#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "engine/time.h"

namespace tagtill {

struct HttpOptions {
  std::string url;  // http or https
  std::size_t requests_max = 16;
  Millis timeout_ms = 15'000;  // of one request, all told
  std::string ca_file;         // certificates to trust, PEM; empty: the system's
};

// What became of a request.
struct HttpAnswer {
  std::size_t request = 0;  // as it was given to post()
  int status = 0;           // 0: there was no answer; `problem` says why, without a stop
  std::string problem;
  // What Retry-After said, if anything that can be understood: one of the two.
  std::optional<Millis> retry_after_ms;
  std::optional<Millis> retry_at_ms;  // since 1970
};

// Used by one thread. HTTP/1.1 with connections that are kept and used again; certificates and
// names are checked, TLS 1.2 is the least; redirects are not followed; answers' bodies are
// passed over. Proxies are those of the environment (https_proxy), but none to this machine.
class HttpClient {
 public:
  explicit HttpClient(HttpOptions options);
  // Gives up the requests that are under way.
  ~HttpClient();
  HttpClient(const HttpClient&) = delete;
  HttpClient& operator=(const HttpClient&) = delete;

  [[nodiscard]] bool has_room() const;
  [[nodiscard]] std::size_t under_way() const;

  // Requires room. `request` is told with the answer. The body must live until then.
  // `headers`: `name: value`.
  void post(std::size_t request, std::string_view body, const std::vector<std::string>& headers);

  // Returns what has been answered, after `longest` at the latest. Never waits while something
  // is answered.
  [[nodiscard]] const std::vector<HttpAnswer>& wait(Millis longest);

  // Whether there is somebody at the URL: connects, for https with TLS and its checks, and sends
  // nothing. One at a time, and only while no request is under way.
  void begin_to_knock();
  // Does not wait. Nothing: it is not known yet, or was told. Empty: there is. Else why not,
  // without a stop.
  [[nodiscard]] std::optional<std::string> knocked();

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

// What is wrong with the URL as a receiver, as a sentence without a stop; empty: nothing. Plain
// http goes over the network for everybody to read: unless `plain_http` says that this is
// meant, only to this machine.
[[nodiscard]] std::string problem_with_receiver(const std::string& url, bool plain_http);

// A date of HTTP, as `Sun, 06 Nov 1994 08:49:37 GMT`, or a number of seconds: into the answer.
void read_retry_after(std::string_view value, HttpAnswer& answer);

}  // namespace tagtill
