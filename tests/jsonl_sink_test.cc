// What the jsonl sink has of its own.
#include "sinks/jsonl_sink.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <csignal>
#include <cstdint>
#include <string>

#include "tests/sim_disk.h"
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

SinkStart at(std::uint64_t events, std::uint64_t mark) {
  return {"stream", {events, mark}, 100, true};
}

TEST(JsonlSink, WithAStreamTheFileIsCutBackToTheMark) {
  const TempFolder folder;
  const EventBatch batch = hard_batch();
  const std::string path = folder.write("out", "whole\npart");
  JsonlSink sink(path, "the jsonl sink");
  EXPECT_EQ(sink.open(at(1, 6)), (SinkPosition{1, 6}));
  EXPECT_EQ(read_file(path), "whole\n");
  sink.write(batch, 1 + batch.events.size());
  const std::string expected = "whole\n" + lines_of(batch);
  EXPECT_EQ(sink.flush(), (SinkPosition{1 + batch.events.size(), expected.size()}));
  EXPECT_EQ(read_file(path), expected);
  sink.close();
}

TEST(JsonlSink, AFileThatIsShorterThanItsMarkIsRefusedAndLeftAlone) {
  const TempFolder folder;
  const std::string path = folder.write("out", "short\n");
  JsonlSink sink(path, "the jsonl sink");
  const std::string message = message_of([&] { sink.open(at(1, 7)); }, ExitCode::kIoFailed);
  EXPECT_EQ(message, "the jsonl sink: " + path +
                         " is shorter than what the state has committed to it: 6 bytes instead of "
                         "7. Put the file back as it was, or replay the dumps with a new state.");
  EXPECT_EQ(read_file(path), "short\n");
  JsonlSink missing(folder.path("missing"), "the jsonl sink");
  EXPECT_NE(message_of([&] { missing.open(at(1, 7)); }, ExitCode::kIoFailed).find("0 bytes"),
            std::string::npos);
}

TEST(JsonlSink, WhatCannotBeCutBackIsRefusedWithAStream) {
  const TempFolder folder;
  const std::string pipe = folder.path("pipe");  // without a reader: nobody waits for one
  ASSERT_EQ(::mkfifo(pipe.c_str(), 0600), 0);
  for (const std::string& path : {std::string("-"), pipe, std::string("/dev/null")}) {
    JsonlSink sink(path, "--events");
    const std::string message = message_of([&] { sink.open(at(0, 0)); }, ExitCode::kIoFailed);
    EXPECT_NE(message.find((path == "-" ? "standard output" : path) + " cannot be gone on with"),
              std::string::npos)
        << message;
  }
  JsonlSink sink(folder.path("."), "--events");
  EXPECT_NE(message_of([&] { sink.open(at(0, 0)); }, ExitCode::kIoFailed).find("not of a folder"),
            std::string::npos);
}

TEST(JsonlSink, AFailedSyncIsSaidAndNotTriedAgain) {
  SimDisk disk(1);
  JsonlSink sink("out", "--events", disk);
  sink.open(at(0, 0));
  sink.write(hard_batch(), 1);
  disk.fail_at(disk.steps() + 1, SimFault::kIoError);  // behind the write
  const std::string message = message_of([&] { sink.flush(); }, ExitCode::kIoFailed);
  EXPECT_NE(message.find("--events: cannot sync out: Input/output error"), std::string::npos)
      << message;
  EXPECT_EQ(disk.faults(), 1U);
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
