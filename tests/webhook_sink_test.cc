// What the webhook sink has of its own, against a receiver that answers as it is told.
#include "sinks/webhook_sink.h"

#include <gtest/gtest.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <memory>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "sinks/sink_batcher.h"
#include "tests/run_program.h"
#include "tests/seeded.h"
#include "tests/sink_events.h"
#include "tests/sink_places.h"
#include "tests/temp_folder.h"
#include "tests/webhook_receiver.h"

namespace tagtill {
namespace {

using std::chrono::steady_clock;

std::int64_t elapsed_ms(steady_clock::time_point since) {
  return std::chrono::duration_cast<std::chrono::milliseconds>(steady_clock::now() - since).count();
}

EventBatch purchases(std::size_t count) {
  EventBatch batch;
  for (std::size_t i = 0; i < count; ++i) {
    batch.events.push_back(purchase(batch, std::to_string(i)));
  }
  return batch;
}

WebhookOptions options_for(const std::string& url) {
  WebhookOptions options;
  options.http.url = url;
  options.retry_first_ms = 1;
  options.retry_most_ms = 20;
  options.secrets.add(kWebhookSecret, "the secret");
  return options;
}

void send(const WebhookOptions& options, const EventBatch& batch,
          const Surroundings& around = test_surroundings()) {
  WebhookSink sink(options, all_event_types(), around);
  sink.open({});
  sink.write(batch, batch.events.size());
  EXPECT_EQ(sink.flush().events, batch.events.size());
  sink.close();
}

std::set<std::string> ids_of(const WebhookReceiver& receiver) {
  std::set<std::string> ids;
  for (const ReceivedRequest& request : receiver.accepted()) {
    ids.insert(request.headers.at("webhook-id"));
  }
  return ids;
}

// --- Signatures --------------------------------------------------------------------------

// The example of the reference libraries (standard-webhooks/standard-webhooks).
TEST(WebhookSecrets, TheExampleOfTheStandard) {
  WebhookSecrets secrets;
  secrets.add("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "");
  EXPECT_EQ(secrets.sign("msg_p5jXN8AQM9LWM0D4loKWxJek", 1614265330, R"({"test": 2432232314})"),
            "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=");
}

TEST(WebhookSecrets, TwoSecretsMakeTwoSignatures) {
  WebhookSecrets one;
  one.add(std::string(24, 'a'), "");
  WebhookSecrets other;
  other.add(std::string(32, 'b') + "\r\n", "");
  WebhookSecrets both;
  both.add(std::string(24, 'a') + "\n", "");
  both.add(std::string(32, 'b'), "");
  EXPECT_EQ(both.sign("id", 5, "body"),
            one.sign("id", 5, "body") + " " + other.sign("id", 5, "body"));
}

TEST(WebhookSecrets, Base64IsTheSameKeyAsItsBytes) {
  WebhookSecrets bytes;
  bytes.add("0123456789abcdef01234567", "");
  WebhookSecrets base64;
  base64.add("whsec_MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3", "");
  EXPECT_EQ(base64.sign("id", 5, "body"), bytes.sign("id", 5, "body"));
  WebhookSecrets padded;  // 25 bytes
  padded.add("whsec_MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3OA==", "");
  WebhookSecrets longer;
  longer.add("0123456789abcdef012345678", "");
  EXPECT_EQ(padded.sign("id", 5, "body"), longer.sign("id", 5, "body"));
}

TEST(WebhookSecrets, WhatIsNoSecretIsSaidAndNotShown) {
  const TempFolder folder;
  const auto refusal = [&](const std::string& content) {
    const std::string path = folder.write("secret", content);
    const std::string message = message_of(
        [&] {
          WebhookSecrets secrets;
          secrets.add_file(path);
        },
        ExitCode::kBadConfig);
    EXPECT_TRUE(message.starts_with(path)) << message;
    EXPECT_TRUE(message.ends_with('.')) << message;
    EXPECT_EQ(message.find("geheim"), std::string::npos) << message;
    return message;
  };
  EXPECT_NE(refusal("geheim").find("has 6 bytes, but needs at least 24"), std::string::npos);
  EXPECT_NE(refusal("").find("has 0 bytes"), std::string::npos);
  EXPECT_NE(refusal("whsec_geheim+geheim+geheim+geheim+geheim!!").find("no base64"),
            std::string::npos);
  EXPECT_NE(refusal("whsec_geheimgeheimg").find("no base64"), std::string::npos);
  EXPECT_NE(refusal("whsec_Z2VoZWlt").find("has 6 bytes"), std::string::npos);
  EXPECT_NE(refusal("whsec_===").find("no base64"), std::string::npos);
  EXPECT_NE(refusal(std::string(5'000, 'x')).find("longer than 1024 bytes"), std::string::npos);
  const std::string missing = message_of(
      [&] {
        WebhookSecrets secrets;
        secrets.add_file(folder.path("none"));
      },
      ExitCode::kBadConfig);
  EXPECT_NE(missing.find("No such file"), std::string::npos) << missing;
}

// --- Requests ----------------------------------------------------------------------------

std::string base64_hmac(const std::string& key, const std::string& text) {
  unsigned char digest[32];
  unsigned length = 0;
  HMAC(EVP_sha256(), key.data(), static_cast<int>(key.size()),
       reinterpret_cast<const unsigned char*>(text.data()), text.size(), digest, &length);
  unsigned char base64[45];
  EVP_EncodeBlock(base64, digest, 32);
  return reinterpret_cast<const char*>(base64);
}

TEST(WebhookSink, ARequestIsTheEventWithItsIdTimeAndSignature) {
  WebhookReceiver receiver;
  WebhookOptions options = options_for(receiver.url());
  options.secrets = {};
  options.secrets.add(std::string(32, 'k'), "");
  Surroundings around = test_surroundings();
  around.real_ms = [] { return Millis{1'674'087'231'999}; };
  const EventBatch batch = purchases(1);
  send(options, batch, around);
  ASSERT_EQ(receiver.accepted().size(), 1U);
  ReceivedRequest request = receiver.accepted().front();
  EXPECT_EQ(request.line, "POST /in HTTP/1.1");
  EXPECT_EQ(request.body + "\n", lines_of(batch));
  EXPECT_EQ(request.headers["webhook-id"], "0:mug");
  EXPECT_EQ(request.headers["webhook-timestamp"], "1674087231");
  EXPECT_EQ(request.headers["webhook-signature"],
            "v1," + base64_hmac(std::string(32, 'k'), "0:mug.1674087231." + request.body));
  EXPECT_EQ(request.headers["content-type"], "application/json");
  EXPECT_EQ(request.headers.count("expect"), 0U);
}

TEST(WebhookSink, EveryEventHasAnIdThatStaysItsOwn) {
  EventBatch batch = purchases(7);
  for (std::size_t i = 0; i < batch.events.size(); ++i) {
    batch.events[i].type = static_cast<EventType>(i % kEventTypes);
  }
  batch.events[5].intent_id = "a b%é\x7F";
  const auto id = [&](std::size_t i) {
    std::string body;
    append_json_line(body, batch.events[i]);
    body.pop_back();
    return webhook_id_of(batch.events[i], body);
  };
  EXPECT_EQ(id(0), "prompt:0:mug");
  EXPECT_EQ(id(1), "1:mug");
  EXPECT_EQ(id(2), "expired:2:mug");
  EXPECT_EQ(id(3), "cancelled:3:mug");
  EXPECT_EQ(id(5), "prompt:a%20b%25%C3%A9%7F:mug");
  batch.events[4].number = 17;
  const std::string rejected = id(4);
  EXPECT_TRUE(rejected.starts_with("rejected:17:")) << rejected;
  EXPECT_EQ(rejected.size(), std::string("rejected:17:").size() + 16);
  EXPECT_EQ(id(4), rejected);
  batch.events[4].number = 18;  // the same once more is another one
  EXPECT_NE(id(4), rejected);
  batch.events[4].number = 17;  // so is what another dump has there
  batch.events[4].post_id = "other";
  EXPECT_NE(id(4), rejected);
}

TEST(WebhookSink, TheBatcherNumbersRejectionsOverTheWholeStream) {
  WebhookReceiver receiver;
  EventTypes types;
  types.set(static_cast<std::size_t>(EventType::kRejected));
  SinkBatcher batcher(
      std::make_unique<WebhookSink>(options_for(receiver.url()), types, test_surroundings()),
      types);
  batcher.open({"s", {100, 0}, 200, false});
  EventBatch batch = purchases(3);
  batch.events[1].type = EventType::kRejected;
  batch.events[2].type = EventType::kRejected;
  batcher.add(batch, 100);
  batcher.close();
  std::vector<std::string> ids;
  for (const std::string& id : ids_of(receiver)) {
    ids.push_back(id.substr(0, 13));
  }
  EXPECT_EQ(ids, (std::vector<std::string>{"rejected:101:", "rejected:102:"}));
}

TEST(WebhookSink, SeveralRequestsAreUnderWayOnConnectionsThatAreKept) {
  WebhookReceiver receiver(
      [](const ReceivedRequest&, std::size_t) { return ReceiverReply{.delay_ms = 2}; });
  WebhookOptions options = options_for(receiver.url());
  options.http.requests_max = 5;
  send(options, purchases(200));
  EXPECT_EQ(ids_of(receiver).size(), 200U);
  EXPECT_LE(receiver.under_way_most(), 5U);
  EXPECT_GT(receiver.under_way_most(), 1U);
  EXPECT_LE(receiver.connections(), 5U);
}

// --- Failures ----------------------------------------------------------------------------

TEST(WebhookSink, WhatIsNotAcceptedIsSentAgainWithTheSameIdUntilItIs) {
  for (const int status : {500, 503, 400, 404, 429, 301, 199 + 101}) {
    WebhookReceiver receiver([&](const ReceivedRequest&, std::size_t nth) {
      return ReceiverReply{.status = nth % 3 < 2 ? status : 200};
    });
    std::vector<std::string> said;
    Surroundings around = test_surroundings();
    around.say = [&](const std::string& sentence) { said.push_back(sentence); };
    send(options_for(receiver.url()), purchases(20), around);
    EXPECT_EQ(ids_of(receiver).size(), 20U) << status;
    EXPECT_EQ(receiver.accepted_count(), 20U);
    EXPECT_GT(receiver.requests(), 20U);
    ASSERT_EQ(said.size(), 1U) << "not with every failure";
    EXPECT_NE(said[0].find(receiver.url() + " does not accept"), std::string::npos) << said[0];
    EXPECT_NE(said[0].find("it answered " + std::to_string(status)), std::string::npos) << said[0];
  }
}

TEST(WebhookSink, ConnectionsThatAreDroppedAreNoLoss) {
  WebhookReceiver receiver(
      [](const ReceivedRequest&, std::size_t nth) { return ReceiverReply{.drop = nth % 4 == 1}; });
  send(options_for(receiver.url()), purchases(100));
  EXPECT_EQ(ids_of(receiver).size(), 100U);
}

TEST(WebhookSink, AnswersThatDoNotComeAreNotWaitedForForEver) {
  WebhookReceiver receiver([](const ReceivedRequest&, std::size_t nth) {
    return ReceiverReply{.delay_ms = nth == 0 ? 60'000 : 0};
  });
  WebhookOptions options = options_for(receiver.url());
  options.http.timeout_ms = 200;
  const auto begin = steady_clock::now();
  send(options, purchases(3));
  EXPECT_EQ(ids_of(receiver).size(), 3U);
  EXPECT_GE(elapsed_ms(begin), 200);
  EXPECT_LT(elapsed_ms(begin), 20'000);
}

TEST(WebhookSink, GoneEndsIt) {
  WebhookReceiver receiver([](const ReceivedRequest&, std::size_t nth) {
    return ReceiverReply{.status = nth == 2 ? 410 : 200};
  });
  WebhookSink sink(options_for(receiver.url()), all_event_types(), test_surroundings());
  sink.open({});
  const std::string message =
      message_of([&] { sink.write(purchases(50), 50); }, ExitCode::kIoFailed);
  EXPECT_NE(message.find(receiver.url() + " answered 410"), std::string::npos) << message;
}

TEST(WebhookSink, RedirectsAreNotFollowed) {
  WebhookReceiver elsewhere;
  WebhookReceiver receiver([&](const ReceivedRequest&, std::size_t nth) {
    return ReceiverReply{.status = nth == 0 ? 307 : 200,
                         .headers = {"location: " + elsewhere.url()}};
  });
  send(options_for(receiver.url()), purchases(1));
  EXPECT_EQ(receiver.requests(), 2U);
  EXPECT_EQ(elsewhere.requests(), 0U);
}

TEST(WebhookSink, RetryAfterIsReadInBothForms) {
  const auto read = [](const std::string& value) {
    HttpAnswer answer;
    read_retry_after(value, answer);
    return answer;
  };
  EXPECT_EQ(read("120").retry_after_ms, 120'000);
  EXPECT_EQ(read("0").retry_after_ms, 0);
  EXPECT_EQ(read("99999999999999999999999").retry_after_ms, Millis{365} * 24 * 3'600'000);
  EXPECT_EQ(read("Sun, 06 Nov 1994 08:49:37 GMT").retry_at_ms, 784'111'777'000);
  for (const std::string nonsense : {"", "soon", "-5", "1.5", "12 monkeys"}) {
    EXPECT_EQ(read(nonsense).retry_after_ms, std::nullopt) << nonsense;
    EXPECT_EQ(read(nonsense).retry_at_ms, std::nullopt) << nonsense;
  }
}

// Times that the sink is told are the test's; it sleeps until they have passed.
struct FakeTime {
  std::atomic<Millis> now{1'000'000};
  std::atomic<Millis> slept{0};

  [[nodiscard]] Surroundings surroundings() {
    Surroundings around = test_surroundings();
    around.steady_ms = [this] { return now.load(); };
    around.real_ms = [this] { return 1'700'000'000'000 + now.load(); };
    around.sleep = [this](Millis how_long) {
      now += how_long;
      slept += how_long;
    };
    return around;
  }
};

TEST(WebhookSink, RetryAfterIsObeyedForAllEventsUpToALimit) {
  struct Case {
    std::string header;
    Millis least;
    Millis most;
  };
  for (const Case& each :
       std::vector<Case>{{"retry-after: 90", 90'000, 91'000},
                         {"Retry-After:   90", 90'000, 91'000},
                         {"retry-after: Tue, 14 Nov 2023 22:33:00 GMT", 180'000, 181'100},
                         {"retry-after: Tue, 14 Nov 2000 22:33:00 GMT", 0, 100},
                         {"retry-after: 999999999", 600'000, 601'000},
                         {"retry-after: never", 0, 100}}) {
    SCOPED_TRACE(each.header);
    FakeTime time;
    WebhookReceiver receiver([&](const ReceivedRequest&, std::size_t nth) {
      return nth == 0 ? ReceiverReply{.status = 503, .headers = {each.header}} : ReceiverReply{};
    });
    WebhookOptions options = options_for(receiver.url());
    options.http.requests_max = 1;
    options.retry_after_most_ms = 600'000;
    send(options, purchases(5), time.surroundings());
    EXPECT_EQ(receiver.requests(), 6U);
    EXPECT_GE(time.slept.load(), each.least);
    EXPECT_LE(time.slept.load(), each.most);
  }
}

TEST(WebhookSink, OneEventThatIsNotAcceptedDoesNotHoldBackTheOthersOfItsBatch) {
  std::atomic<std::size_t> others{0};
  WebhookReceiver receiver([&](const ReceivedRequest& request, std::size_t) {
    const bool is_it = request.headers.at("webhook-id") == "3:mug";
    others += is_it ? 0 : 1;
    return ReceiverReply{.status = is_it && others < 99 ? 500 : 200};
  });
  send(options_for(receiver.url()), purchases(100));
  EXPECT_EQ(ids_of(receiver).size(), 100U);
}

TEST(WebhookSink, AReceiverThatAcceptsNothingIsLeftInPeace) {
  FakeTime time;
  WebhookReceiver receiver(
      [](const ReceivedRequest&, std::size_t) { return ReceiverReply{.status = 500}; });
  WebhookOptions options = options_for(receiver.url());
  options.retry_first_ms = 500;
  options.retry_most_ms = 60'000;
  Surroundings around = time.surroundings();
  around.give_up = [&] { return time.slept > 3'600'000; };
  WebhookSink sink(options, all_event_types(), around);
  sink.open({});
  EXPECT_THROW(sink.write(purchases(2'000), 2'000), GaveUp);
  // In an hour: some 120 pauses of half a minute on average, 16 requests behind each.
  EXPECT_LT(receiver.requests(), 6'000U);
  EXPECT_GT(receiver.requests(), 100U);
}

// Asks until it says yes, or for a minute.
bool comes_to_answer(WebhookSink& sink) {
  const auto begin = steady_clock::now();
  while (elapsed_ms(begin) < 60'000) {
    if (sink.answers()) {
      return true;
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
  return false;
}

TEST(WebhookSink, AReceiverThatIsThereAnswersWithoutARequest) {
  WebhookReceiver receiver;
  WebhookSink sink(options_for(receiver.url()), all_event_types(), test_surroundings());
  sink.open({});
  EXPECT_TRUE(comes_to_answer(sink));
  EXPECT_EQ(receiver.requests(), 0U);
  sink.write(purchases(3), 3);
  EXPECT_EQ(receiver.accepted_count(), 3U);
}

TEST(WebhookSink, AReceiverThatIsNotThereIsAskedAgainEverySecond) {
  FakeTime time;
  std::size_t retries = 0;
  std::vector<std::string> said;
  Surroundings around = time.surroundings();
  around.retrying = [&] { ++retries; };
  around.say = [&](const std::string& sentence) { said.push_back(sentence); };
  WebhookSink sink(options_for("http://127.0.0.1:9/in"), all_event_types(), around);
  sink.open({});
  const Millis began = time.now;
  const auto begin = steady_clock::now();
  while (retries < 3 && elapsed_ms(begin) < 60'000) {
    EXPECT_FALSE(sink.answers());
    time.now += 1;
    std::this_thread::sleep_for(std::chrono::microseconds(100));
  }
  EXPECT_EQ(retries, 3U);
  EXPECT_GE(time.now - began, 2'000);
  ASSERT_EQ(said.size(), 1U);  // it says so once a minute
  EXPECT_NE(said[0].find("cannot be reached: "), std::string::npos) << said[0];
}

TEST(WebhookSink, WhileItWaitsItCanBeToldToGiveUp) {
  std::atomic<bool> give_up{false};
  WebhookReceiver receiver([&](const ReceivedRequest&, std::size_t nth) {
    give_up = nth > 20;
    return ReceiverReply{.status = 500, .delay_ms = nth == 30 ? 60'000 : 0};
  });
  Surroundings around = test_surroundings();
  around.give_up = [&] { return give_up.load(); };
  WebhookSink sink(options_for(receiver.url()), all_event_types(), around);
  sink.open({});
  const auto begin = steady_clock::now();
  EXPECT_THROW(sink.write(purchases(30), 30), GaveUp);
  EXPECT_LT(elapsed_ms(begin), 20'000);
}

// Answers, drops and delays at random: everything arrives, and what was accepted is not sent
// again.
TEST(WebhookSink, AtRandomEverythingIsAcceptedOnceThoughNotEverythingIsAnswered) {
  for (std::uint64_t i = 0; i < 1 + seeded::seeds() / 60; ++i) {
    const std::uint64_t seed = seeded::first_seed() + i;
    SCOPED_TRACE("TAGTILL_SEED=" + std::to_string(seed));
    std::mutex mutex;
    seeded::Random random(seed);
    WebhookReceiver receiver([&](const ReceivedRequest&, std::size_t) {
      const std::lock_guard lock(mutex);
      ReceiverReply reply;
      reply.status = random.percent(70) ? 202 : random.percent(50) ? 500 : 429;
      reply.delay_ms = random.percent(10) ? static_cast<std::int64_t>(random.below(20)) : 0;
      reply.drop = random.percent(5);
      return reply;
    });
    WebhookOptions options = options_for(receiver.url());
    options.http.requests_max = 1 + random.below(20);
    send(options, purchases(300));
    EXPECT_EQ(ids_of(receiver).size(), 300U);
    EXPECT_EQ(receiver.accepted_count(), 300U);
  }
}

// --- Late prompts ------------------------------------------------------------------------

EventBatch prompts(std::size_t count, Millis deadline) {
  EventBatch batch = purchases(count);
  for (Event& event : batch.events) {
    event.type = EventType::kPrompt;
    event.deadline = deadline;
  }
  return batch;
}

TEST(WebhookSink, P8_APromptBehindItsDeadlineIsDroppedAndCounted) {
  WebhookReceiver receiver;
  Surroundings around = test_surroundings();
  around.real_ms = [] { return Millis{1'000'000}; };
  WebhookSink sink(options_for(receiver.url()), all_event_types(), around);
  sink.open({});
  sink.write(prompts(3, 999'999), 3);
  EXPECT_EQ(sink.flush().events, 3U);
  EXPECT_EQ(sink.dropped(), 3U);
  EXPECT_EQ(receiver.requests(), 0U);
  sink.write(prompts(2, 1'000'000), 5);
  sink.write(purchases(2), 7);
  EXPECT_EQ(sink.dropped(), 3U);
  EXPECT_EQ(receiver.accepted_count(), 4U);
}

TEST(WebhookSink, P8_UnlessRecordingsAreToBeSentAsTheyAre) {
  WebhookReceiver receiver;
  WebhookOptions options = options_for(receiver.url());
  options.drop_late_prompts = false;
  send(options, prompts(3, 0));
  EXPECT_EQ(receiver.accepted_count(), 3U);
}

TEST(WebhookSink, P8_APromptThatGetsLateWhileItIsTriedAgainIsDropped) {
  FakeTime time;
  WebhookReceiver receiver(
      [](const ReceivedRequest&, std::size_t) { return ReceiverReply{.status = 503}; });
  Surroundings around = time.surroundings();
  WebhookOptions options = options_for(receiver.url());
  options.retry_first_ms = 1'000;
  options.retry_most_ms = 60'000;
  WebhookSink sink(options, all_event_types(), around);
  sink.open({});
  sink.write(prompts(40, around.real_ms() + 900'000), 40);
  EXPECT_EQ(sink.dropped(), 40U);
  EXPECT_EQ(sink.flush().events, 40U);
  EXPECT_GE(receiver.requests(), 40U);
  EXPECT_GT(time.slept.load(), 900'000);
}

// --- TLS ---------------------------------------------------------------------------------

class WebhookTls : public ::testing::Test {
 protected:
  void SetUp() override {
    const ProgramResult made = run_program(
        {"req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes",
         "-keyout", folder_.path("key"), "-out", folder_.path("certificate"), "-days", "1", "-subj",
         "/CN=localhost", "-addext", "subjectAltName=DNS:localhost"},
        {.program = "openssl"});
    if (made.exit_code != 0) {
      GTEST_SKIP() << "skipped: there is no openssl\n" << made.err;
    }
    receiver_ = std::make_unique<WebhookReceiver>(
        WebhookReceiver::Answer(),
        WebhookReceiver::Tls{folder_.path("certificate"), folder_.path("key")});
  }

  // What is said, when it is tried for a little while.
  std::string problem_with(WebhookOptions options) {
    std::string said;
    Surroundings around = test_surroundings();
    around.say = [&](const std::string& sentence) { said = sentence; };
    around.give_up = [&] { return !said.empty(); };
    WebhookSink sink(std::move(options), all_event_types(), around);
    sink.open({});
    EXPECT_THROW(sink.write(purchases(1), 1), GaveUp);
    return said;
  }

  TempFolder folder_;
  std::unique_ptr<WebhookReceiver> receiver_;
};

TEST_F(WebhookTls, WithTheRightCertificateItIsAccepted) {
  WebhookOptions options = options_for(receiver_->url("localhost"));
  options.http.ca_file = folder_.path("certificate");
  send(options, purchases(20));
  EXPECT_EQ(ids_of(*receiver_).size(), 20U);
}

TEST_F(WebhookTls, ACertificateOfNobodyWeTrustIsNot) {
  const std::string said = problem_with(options_for(receiver_->url("localhost")));
  EXPECT_NE(said.find("certificate"), std::string::npos) << said;
  EXPECT_EQ(receiver_->requests(), 0U);
}

TEST_F(WebhookTls, NorIsACertificateForAnotherName) {
  WebhookOptions options = options_for(receiver_->url("127.0.0.1"));
  options.http.ca_file = folder_.path("certificate");
  const std::string said = problem_with(options);
  EXPECT_NE(said.find("127.0.0.1"), std::string::npos) << said;
  EXPECT_EQ(receiver_->requests(), 0U);
}

}  // namespace
}  // namespace tagtill
