#include "sinks/segment_sink.h"

#include <fmt/core.h>

#include <algorithm>
#include <utility>
#include <vector>

#include "engine/errors.h"
#include "sinks/segment_names.h"

namespace tagtill {
namespace {

constexpr const char* kRole = "the jsonl sink";

}  // namespace

SegmentSink::SegmentSink(std::string folder, SegmentOptions options, Surroundings around,
                         Disk& disk)
    : folder_(std::move(folder)), options_(options), around_(std::move(around)), disk_(disk) {}

SinkPosition SegmentSink::open(const SinkStart& start) {
  stream_ = start.stream;
  sync_ = start.sync;
  const Found found = look();
  if (!stream_.empty()) {
    return go_on(start, found);
  }
  if (found.anything) {
    refuse(
        "there are segments of an earlier run in it. Take them away, or choose an empty folder; "
        "a run with a state would go on where the last one ended");
  }
  events_ = start.at.events;
  begin_segment({1, events_}, 0);
  return position();
}

SegmentSink::Found SegmentSink::look() const {
  std::vector<std::string> names;
  check("read", disk_.list(folder_, names));
  std::vector<Part> parts;
  Found found;
  for (const std::string& name : names) {
    const std::optional<SegmentName> segment = read_segment_name(name);
    if (!segment) {
      continue;
    }
    found.anything = true;
    if (segment->grows) {
      found.foreign = found.foreign || segment->stream != stream_;
      parts.push_back({segment->number, segment->first_event});
    }
  }
  std::ranges::sort(parts, {}, &Part::number);
  if (!parts.empty()) {
    found.part = parts.back();
  }
  if (parts.size() == 2 && parts[0].number + 1 == parts[1].number) {
    found.unfinished = parts.front();
  } else if (parts.size() > 1) {
    found.foreign = true;
  }
  return found;
}

// What the state knows may be older than the folder: segments that were ended since stay, as
// somebody may have read them, and say how far the sink has come.
SinkPosition SegmentSink::go_on(const SinkStart& start, const Found& found) {
  if (found.foreign) {
    refuse("it holds a .part of another run. Choose another folder");
  }
  if (!found.part) {
    if (found.anything || start.at.mark != 0) {
      refuse(
          "the .part of this state, which says how far it came, is not there. Put the folder back "
          "as it was, or choose an empty one and replay the dumps with a new state");
    }
    events_ = start.at.events;
    begin_segment({1, events_}, 0);
    return position();
  }
  if (found.unfinished) {
    publish(*found.unfinished);
  }
  const Part part = *found.part;
  const SegmentMark known = SegmentMark::read(start.at.mark);
  if (part.number < known.number ||
      (part.number > known.number && part.first_event < start.at.events)) {
    refuse(
        fmt::format("it has come to event {}, but the state has given it {}: it was restored from "
                    "before, or was left out for a while. Put the right one back, or choose an "
                    "empty folder and replay the dumps with a new state",
                    part.first_event, start.at.events));
  }
  if (part.first_event > start.committed) {
    refuse(
        fmt::format("it has come to event {}, but the state has made only {}: the state was "
                    "restored from before. Put the right one back, or choose an empty folder and "
                    "replay the dumps with a new state",
                    part.first_event, start.committed));
  }
  const bool same = part.number == known.number;
  events_ = same ? start.at.events : part.first_event;
  begin_segment(part, same ? known.bytes : 0);
  return position();
}

void SegmentSink::begin_segment(const Part& part, std::uint64_t bytes) {
  if (part.number > SegmentMark::kNumberMost) {
    refuse("no more segments can be numbered. Choose another folder and a greater segment-bytes=");
  }
  part_ = part;
  file_ = std::make_unique<OutputFile>(part_path(part), kRole, disk_);
  file_->open_at(bytes, sync_);
  begun_ms_.reset();
}

void SegmentSink::write(const EventBatch& batch, std::uint64_t through) {
  for (const Event& event : batch.events) {
    append_json_line(file_->lines(), event);
    file_->drain_if_full();
  }
  events_ = through;
  if (!begun_ms_ && !batch.events.empty()) {
    begun_ms_ = around_.steady_ms();
  }
  end_if_due();
}

SinkPosition SegmentSink::flush() {
  end_if_due();
  file_->flush();
  return position();
}

void SegmentSink::close() {
  if (file_ == nullptr) {
    return;
  }
  if (bytes() > 0) {
    end_segment(!stream_.empty());
  }
  if (file_ != nullptr) {
    std::exchange(file_, nullptr)->close();
    if (stream_.empty()) {
      check("remove a file of", disk_.remove(part_path(part_)));
    }
  }
}

void SegmentSink::end_if_due() {
  const bool is_old =
      begun_ms_ && options_.age_ms && around_.steady_ms() - *begun_ms_ >= *options_.age_ms;
  if (bytes() >= options_.bytes || (is_old && bytes() > 0)) {
    end_segment(true);
  }
}

// The next .part comes first: it says where the one before it ended, and there is always one.
void SegmentSink::end_segment(bool begins_another) {
  file_->sync();
  std::exchange(file_, nullptr)->close();
  const Part ended = part_;
  if (begins_another) {
    begin_segment({ended.number + 1, events_}, 0);
    check("sync", disk_.sync_folder_of(part_path(part_)));
  }
  publish(ended);
}

void SegmentSink::publish(const Part& part) {
  const std::string whole =
      folder_ + SegmentName{.number = part.number, .first_event = part.first_event}.text();
  check("rename a file of", disk_.rename(part_path(part), whole));
  check("sync", disk_.sync_folder_of(whole));
}

SinkPosition SegmentSink::position() const {
  return {events_, stream_.empty() ? 0 : SegmentMark{part_.number, file_->bytes()}.value()};
}

std::uint64_t SegmentSink::bytes() const { return file_->bytes() + file_->lines().size(); }

std::string SegmentSink::part_path(const Part& part) const {
  return folder_ + SegmentName{part.number, part.first_event, true, stream_}.text();
}

void SegmentSink::check(const char* action, int error) const {
  if (error != 0) {
    throw Error(ExitCode::kIoFailed,
                fmt::format("{}: cannot {} {}: {}", kRole, action, folder_, explain_errno(error)));
  }
}

void SegmentSink::refuse(const std::string& reason) const {
  throw Error(ExitCode::kIoFailed, fmt::format("{}: cannot use {}: {}.", kRole, folder_, reason));
}

}  // namespace tagtill
