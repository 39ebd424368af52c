#include "tools/replay/dump_plan.h"

#include <fmt/core.h>

#include <filesystem>
#include <optional>
#include <system_error>
#include <utility>

#include "engine/errors.h"
#include "ingest/dump_identity.h"
#include "tools/messages.h"

namespace tagtill {
namespace {

std::string absolute(const std::string& name) {
  if (name == "-") {
    return name;
  }
  std::error_code ignored;
  const auto path =
      std::filesystem::weakly_canonical(std::filesystem::absolute(name, ignored), ignored);
  return path.empty() ? name : path.string();
}

class Planner {
 public:
  Planner(StateReader& state, const DumpPlanOptions& options)
      : state_(state), options_(options), last_(state.last_dump()) {
    next_number_ = last_ ? last_->number + 1 : 1;
    if (last_ && (last_->done || last_->content.empty())) {
      last_.reset();
    }
    if (last_ && options_.abandon) {
      plan_.notes.push_back(
          fmt::format("--abandon: what stands behind byte {} of {} is left unread.", last_->offset,
                      last_->name));
      last_.reset();
    }
  }

  DumpPlan plan(std::vector<DumpSource> dumps) {
    for (DumpSource& dump : dumps) {
      place(std::move(dump));
    }
    refuse_before_unfinished("anything else");
    if (left_out_ > 0) {
      plan_.notes.push_back(fmt::format("{} read before, and left out.",
                                        counted(left_out_, "dump was", "dumps were")));
    }
    return std::move(plan_);
  }

 private:
  void place(DumpSource dump) {
    const std::string name = absolute(dump.name);
    const std::optional<DumpIdentity> identity = identify_dump(dump.name);
    if (!identity) {
      add_unknown(std::move(dump), name);
      return;
    }
    if (identity->bytes == 0) {
      add(std::move(dump), {});
      return;
    }
    if (is_unfinished(dump.name, name, *identity)) {
      go_on(std::move(dump), name, *identity);
      return;
    }
    const std::optional<DumpRecord> known = known_as(*identity);
    if (known && !options_.again) {
      if (known->name != name) {
        throw Error(ExitCode::kUsage,
                    fmt::format("The dump {} is the recording that was read as {} before: the "
                                "state would take one for two. Leave it out, or give --again.",
                                dump.name, known->name));
      }
      ++left_out_;
      return;
    }
    refuse_before_unfinished(dump.name);
    DumpRecord record;
    record.number = next_number_++;
    record.name = name;
    record.bytes = identity->bytes;
    record.content = identity->content;
    add(std::move(dump), std::move(record));
  }

  // In the state, or further ahead in this run.
  std::optional<DumpRecord> known_as(const DumpIdentity& identity) {
    for (const DumpRecord& record : plan_.records) {
      if (record.number > 0 && record.content == identity.content) {
        return record;
      }
    }
    std::optional<DumpRecord> known = state_.find_dump(identity.content);
    if (known && last_ && known->number == last_->number) {
      return std::nullopt;
    }
    return known;
  }

  // Such as a pipe; or it will be said, when it is its turn, why it cannot be read.
  void add_unknown(DumpSource dump, const std::string& name) {
    std::error_code ignored;
    const bool is_pipe = name == "-" || (std::filesystem::exists(name, ignored) &&
                                         !std::filesystem::is_regular_file(name, ignored));
    if (!is_pipe) {
      add(std::move(dump), {});
      return;
    }
    refuse_before_unfinished(dump.name);
    plan_.notes.push_back(
        fmt::format("{} cannot be resumed: if this run is broken off, what the state has of it "
                    "stands, and only what comes behind that must be given to the next run.",
                    name == "-" ? "Standard input" : dump.name));
    DumpRecord record;
    record.number = next_number_++;
    record.name = name;
    add(std::move(dump), std::move(record));
  }

  // Also if something was appended to it meanwhile.
  [[nodiscard]] bool is_unfinished(const std::string& path, const std::string& name,
                                   const DumpIdentity& identity) const {
    if (!last_) {
      return false;
    }
    const DumpIdentity wanted{last_->bytes, last_->content};
    return identity == wanted || (name == last_->name && identity.bytes > wanted.bytes &&
                                  identify_dump(path, wanted.bytes) == wanted);
  }

  void go_on(DumpSource dump, const std::string& name, const DumpIdentity& identity) {
    DumpRecord record = *std::exchange(last_, std::nullopt);
    plan_.notes.push_back(fmt::format(
        "Going on with {} at byte {}{}.", dump.name, record.offset,
        record.files == 0 ? std::string() : fmt::format(" of file {} in it", record.files + 1)));
    dump.first_file = record.files;
    dump.first_offset = record.offset;
    record.name = name;
    record.bytes = identity.bytes;
    record.content = identity.content;
    add(std::move(dump), std::move(record));
  }

  void refuse_before_unfinished(const std::string& name) {
    if (last_) {
      throw Error(ExitCode::kUsage,
                  fmt::format("The last run ended in the middle of {} (byte {}), which must be "
                              "read to its end before {} is. Give it first, as the last command "
                              "did, or give --abandon to leave the rest of it unread.",
                              last_->name, last_->offset, name));
    }
  }

  void add(DumpSource dump, DumpRecord record) {
    plan_.dumps.push_back(std::move(dump));
    plan_.records.push_back(std::move(record));
  }

  StateReader& state_;
  DumpPlanOptions options_;
  std::optional<DumpRecord> last_;  // if it is to be gone on with
  std::uint64_t next_number_ = 1;
  std::uint64_t left_out_ = 0;
  DumpPlan plan_;
};

}  // namespace

DumpPlan plan_dumps(StateReader& state, std::vector<DumpSource> dumps,
                    const DumpPlanOptions& options) {
  return Planner(state, options).plan(std::move(dumps));
}

}  // namespace tagtill
