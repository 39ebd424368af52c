#include "sinks/http_client.h"

#include <curl/curl.h>
#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <ctime>
#include <utility>

#include "engine/errors.h"

namespace tagtill {
namespace {

constexpr std::string_view kRetryAfter = "retry-after:";
constexpr Millis kSecond = 1'000;
constexpr Millis kRetryAfterMax = 365 * 24 * 3'600 * kSecond;  // what is longer means this

void start_curl_once() {
  static const CURLcode kStarted = curl_global_init(CURL_GLOBAL_DEFAULT);
  if (kStarted != CURLE_OK) {
    throw Error(ExitCode::kFailed, fmt::format("libcurl cannot be used here: {}. Check its set-up.",
                                               curl_easy_strerror(kStarted)));
  }
}

struct FreeUrl {
  void operator()(CURLU* url) const { curl_url_cleanup(url); }
};

// Empty if the URL has no such part.
std::string part_of(CURLU* url, CURLUPart part) {
  char* text = nullptr;
  std::string copy;
  if (curl_url_get(url, part, &text, 0) == CURLUE_OK && text != nullptr) {
    copy = text;
  }
  curl_free(text);
  return copy;
}

bool is_this_machine(std::string_view host) {
  return host == "localhost" || host == "[::1]" ||
         (host.starts_with("127.") &&
          host.find_first_not_of("0123456789.") == std::string_view::npos);
}

std::string_view trimmed(std::string_view text) {
  constexpr std::string_view kSpace = " \t\r\n";
  const std::size_t begin = text.find_first_not_of(kSpace);
  return begin == std::string_view::npos
             ? std::string_view()
             : text.substr(begin, text.find_last_not_of(kSpace) + 1 - begin);
}

bool begins_with_name(std::string_view line, std::string_view lower_name) {
  return line.size() >= lower_name.size() &&
         std::equal(lower_name.begin(), lower_name.end(), line.begin(), [](char lower, char c) {
           return lower == (c >= 'A' && c <= 'Z' ? static_cast<char>(c | 0x20) : c);
         });
}

}  // namespace

class HttpClient::Impl {
 public:
  explicit Impl(HttpOptions options) : options_(std::move(options)) {
    start_curl_once();
    multi_ = curl_multi_init();
    if (multi_ == nullptr) {
      throw Error(ExitCode::kFailed, "libcurl has no memory. Run fewer programs.");
    }
    curl_multi_setopt(multi_, CURLMOPT_MAXCONNECTS, static_cast<long>(options_.requests_max));
    slots_.resize(options_.requests_max);
    for (Slot& slot : slots_) {
      set_up(slot);
      curl_easy_setopt(slot.easy, CURLOPT_POST, 1L);
      free_.push_back(&slot);
    }
  }

  ~Impl() {
    end_knock();
    for (Slot& slot : slots_) {
      curl_multi_remove_handle(multi_, slot.easy);
      curl_easy_cleanup(slot.easy);
      curl_slist_free_all(slot.headers);
    }
    curl_multi_cleanup(multi_);
  }
  Impl(const Impl&) = delete;
  Impl& operator=(const Impl&) = delete;

  [[nodiscard]] bool has_room() const { return !free_.empty(); }
  [[nodiscard]] std::size_t under_way() const { return slots_.size() - free_.size(); }

  void post(std::size_t request, std::string_view body, const std::vector<std::string>& headers) {
    Slot& slot = *free_.back();
    free_.pop_back();
    slot.answer = {};
    slot.answer.request = request;
    slot.why.front() = '\0';
    curl_slist_free_all(std::exchange(slot.headers, nullptr));
    for (const std::string& header : headers) {
      slot.headers = curl_slist_append(slot.headers, header.c_str());
    }
    // Wait for no "100 Continue" before the body.
    slot.headers = curl_slist_append(slot.headers, "Expect:");
    curl_easy_setopt(slot.easy, CURLOPT_HTTPHEADER, slot.headers);
    curl_easy_setopt(slot.easy, CURLOPT_POSTFIELDS, body.data());
    curl_easy_setopt(slot.easy, CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(body.size()));
    start(slot);
  }

  const std::vector<HttpAnswer>& wait(Millis longest) {
    answers_.clear();
    int running = 0;
    curl_multi_perform(multi_, &running);
    collect();
    if (answers_.empty() && longest > 0) {
      curl_multi_poll(multi_, nullptr, 0, static_cast<int>(longest), nullptr);
      curl_multi_perform(multi_, &running);
      collect();
    }
    return answers_;
  }

  void begin_to_knock() {
    end_knock();
    knock_ = std::make_unique<Slot>();
    set_up(*knock_);
    curl_easy_setopt(knock_->easy, CURLOPT_CONNECT_ONLY, 1L);
    start(*knock_);
  }

  std::optional<std::string> knocked() {
    int running = 0;
    curl_multi_perform(multi_, &running);
    collect();
    if (knock_ == nullptr || !knock_ended_) {
      return std::nullopt;
    }
    std::string problem = std::move(knock_->answer.problem);
    end_knock();
    return problem;
  }

 private:
  // A request that is under way, or could be.
  struct Slot {
    CURL* easy = nullptr;
    curl_slist* headers = nullptr;
    std::array<char, CURL_ERROR_SIZE> why{};
    HttpAnswer answer;
  };

  static std::string problem_of(const Slot& slot, CURLcode result) {
    return slot.why.front() != '\0' ? slot.why.data() : curl_easy_strerror(result);
  }
  static std::size_t take_header(char* bytes, std::size_t size, std::size_t count, void* slot) {
    const std::string_view line(bytes, size * count);
    if (begins_with_name(line, kRetryAfter)) {
      read_retry_after(trimmed(line.substr(kRetryAfter.size())), static_cast<Slot*>(slot)->answer);
    }
    return size * count;
  }
  static std::size_t pass_over(char*, std::size_t size, std::size_t count, void*) {
    return size * count;
  }

  void set_up(Slot& slot) const {
    slot.easy = curl_easy_init();
    if (slot.easy == nullptr) {
      throw Error(ExitCode::kFailed, "libcurl has no memory. Run fewer programs.");
    }
    CURL* const easy = slot.easy;
    curl_easy_setopt(easy, CURLOPT_PRIVATE, &slot);
    curl_easy_setopt(easy, CURLOPT_URL, options_.url.c_str());
    curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "http,https");
    curl_easy_setopt(easy, CURLOPT_HTTP_VERSION, static_cast<long>(CURL_HTTP_VERSION_1_1));
    curl_easy_setopt(easy, CURLOPT_SSLVERSION, static_cast<long>(CURL_SSLVERSION_TLSv1_2));
    curl_easy_setopt(easy, CURLOPT_NOPROXY, "localhost,127.0.0.0/8,::1");
    curl_easy_setopt(easy, CURLOPT_TIMEOUT_MS, static_cast<long>(options_.timeout_ms));
    curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);  // timeouts without signals: we have threads
    curl_easy_setopt(easy, CURLOPT_HEADERFUNCTION, &Impl::take_header);
    curl_easy_setopt(easy, CURLOPT_HEADERDATA, &slot);
    curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, &Impl::pass_over);
    curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, slot.why.data());
    if (!options_.ca_file.empty()) {
      curl_easy_setopt(easy, CURLOPT_CAINFO, options_.ca_file.c_str());
      curl_easy_setopt(easy, CURLOPT_CAPATH, nullptr);
    }
  }

  void start(const Slot& slot) {
    if (const CURLMcode result = curl_multi_add_handle(multi_, slot.easy); result != CURLM_OK) {
      throw Error(ExitCode::kFailed, fmt::format("libcurl cannot make a request: {}. Run fewer "
                                                 "programs.",
                                                 curl_multi_strerror(result)));
    }
  }

  void end_knock() {
    if (knock_ != nullptr) {
      curl_multi_remove_handle(multi_, knock_->easy);
      curl_easy_cleanup(knock_->easy);
    }
    knock_.reset();
    knock_ended_ = false;
  }

  void collect() {
    int left = 0;
    while (const CURLMsg* message = curl_multi_info_read(multi_, &left)) {
      if (message->msg != CURLMSG_DONE) {
        continue;
      }
      void* data = nullptr;
      curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, &data);
      Slot& slot = *static_cast<Slot*>(data);
      const CURLcode result = message->data.result;  // gone with the handle
      if (&slot == knock_.get()) {
        knock_ended_ = true;
        slot.answer.problem = result == CURLE_OK ? "" : problem_of(slot, result);
        continue;
      }
      curl_multi_remove_handle(multi_, slot.easy);
      if (result == CURLE_OK) {
        long status = 0;
        curl_easy_getinfo(slot.easy, CURLINFO_RESPONSE_CODE, &status);
        slot.answer.status = static_cast<int>(status);
      } else {
        slot.answer.problem = problem_of(slot, result);
      }
      answers_.push_back(std::move(slot.answer));
      free_.push_back(&slot);
    }
  }

  HttpOptions options_;
  CURLM* multi_ = nullptr;
  std::vector<Slot> slots_;
  std::vector<Slot*> free_;
  std::vector<HttpAnswer> answers_;
  std::unique_ptr<Slot> knock_;  // null: none
  bool knock_ended_ = false;
};

HttpClient::HttpClient(HttpOptions options) : impl_(std::make_unique<Impl>(std::move(options))) {}
HttpClient::~HttpClient() = default;

bool HttpClient::has_room() const { return impl_->has_room(); }
std::size_t HttpClient::under_way() const { return impl_->under_way(); }
void HttpClient::post(std::size_t request, std::string_view body,
                      const std::vector<std::string>& headers) {
  impl_->post(request, body, headers);
}
const std::vector<HttpAnswer>& HttpClient::wait(Millis longest) { return impl_->wait(longest); }
void HttpClient::begin_to_knock() { impl_->begin_to_knock(); }
std::optional<std::string> HttpClient::knocked() { return impl_->knocked(); }

std::string problem_with_receiver(const std::string& url, bool plain_http) {
  const std::unique_ptr<CURLU, FreeUrl> parsed(curl_url());
  if (parsed == nullptr || curl_url_set(parsed.get(), CURLUPART_URL, url.c_str(), 0) != CURLUE_OK) {
    return "it does not name a receiver as https://host/path";
  }
  const std::string scheme = part_of(parsed.get(), CURLUPART_SCHEME);
  if (scheme != "https" && scheme != "http") {
    return fmt::format("a receiver is reached by https, not by {}", scheme);
  }
  if (!part_of(parsed.get(), CURLUPART_USER).empty() ||
      !part_of(parsed.get(), CURLUPART_PASSWORD).empty()) {
    return "there is a user or a password in it, and others on this machine can read command "
           "lines. Requests are signed: let the receiver check that";
  }
  if (scheme == "http" && !plain_http && !is_this_machine(part_of(parsed.get(), CURLUPART_HOST))) {
    return "http can be read and changed on its way. Use https, or say plain-http=yes if the "
           "network is your own";
  }
  return {};
}

void read_retry_after(std::string_view value, HttpAnswer& answer) {
  std::uint64_t seconds = 0;
  const char* const end = value.data() + value.size();
  const auto [at, error] = std::from_chars(value.data(), end, seconds);
  if (!value.empty() && at == end) {
    constexpr auto kMost = static_cast<std::uint64_t>(kRetryAfterMax / kSecond);
    answer.retry_after_ms = error == std::errc()
                                ? static_cast<Millis>(std::min(seconds, kMost)) * kSecond
                                : kRetryAfterMax;
    return;
  }
  const std::time_t date = curl_getdate(std::string(value).c_str(), nullptr);
  if (date >= 0) {
    answer.retry_at_ms = static_cast<Millis>(date) * kSecond;
  }
}

}  // namespace tagtill
