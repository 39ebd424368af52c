// What the jsonl sink has of its own.
#include "sinks/jsonl_sink.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <csignal>
#include <string>

#include "tests/sink_events.h"
#include "tests/temp_folder.h"

namespace tagtill {
namespace {

TEST(JsonlSink, WritesTheLinesOfP8) {
  const TempFolder folder;
  const EventBatch batch = hard_batch();
  JsonlSink sink(folder.path("out"), "the jsonl sink");
  sink.open({});
  sink.write(batch, batch.events.size());
  sink.close();
  EXPECT_EQ(read_file(folder.path("out")), lines_of(batch));
}

TEST(JsonlSink, EmptiesTheFileAtOpen) {
  const TempFolder folder;
  const std::string path = folder.write("out", "old\n");
  JsonlSink sink(path, "the jsonl sink");
  sink.open({});
  sink.close();
  EXPECT_EQ(read_file(path), "");
}

TEST(JsonlSink, AFullDeviceIsSaid) {
  EventBatch batch = hard_batch();
  JsonlSink sink("/dev/full", "--events");
  sink.open({});
  sink.write(batch, batch.events.size());
  const std::string message = message_of([&] { sink.close(); }, ExitCode::kIoFailed);
  EXPECT_NE(message.find("--events: cannot write /dev/full: No space left on device. Free some"),
            std::string::npos)
      << message;
}

TEST(JsonlSink, AReaderThatWentAwayIsSaid) {
  const TempFolder folder;
  const std::string path = folder.path("pipe");
  ASSERT_EQ(::mkfifo(path.c_str(), 0600), 0);
  const auto old_handler = std::signal(SIGPIPE, SIG_IGN);
  const int reader = ::open(path.c_str(), O_RDONLY | O_NONBLOCK);
  ASSERT_GE(reader, 0);
  JsonlSink sink(path, "--events");
  sink.open({});
  ASSERT_EQ(::close(reader), 0);
  sink.write(hard_batch(), hard_batch().events.size());
  const std::string message = message_of([&] { sink.flush(); }, ExitCode::kIoFailed);
  std::signal(SIGPIPE, old_handler);
  EXPECT_NE(message.find("Broken pipe"), std::string::npos) << message;
}

}  // namespace
}  // namespace tagtill
