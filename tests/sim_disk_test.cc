// The simulated disk: that it does what its header says.
#include "tests/sim_disk.h"

#include <gtest/gtest.h>

#include <cerrno>
#include <set>
#include <string>
#include <vector>

#include "tests/seeded.h"

namespace tagtill {
namespace {

// Of what may come out, each must come out for some seed, and nothing else for any.
template <typename Outcome, typename Run>
void expect_all_of(const std::set<Outcome>& possible, Run run) {
  std::set<Outcome> seen;
  for (std::uint64_t seed = 1; seed <= 200; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    const Outcome outcome = run(seed);
    EXPECT_TRUE(possible.contains(outcome)) << ::testing::PrintToString(outcome);
    seen.insert(outcome);
  }
  EXPECT_EQ(seen, possible);
}

std::unique_ptr<DiskFile> open(Disk& disk, const std::string& path,
                               Disk::Open how = Disk::Open::kKeep) {
  int error = -1;
  auto file = disk.open(path, how, error);
  EXPECT_EQ(error, 0);
  return file;
}

void append(DiskFile& file, std::string_view bytes) {
  std::size_t written = 0;
  EXPECT_EQ(file.write(bytes, written), 0);
  EXPECT_EQ(written, bytes.size());
}

TEST(SimDisk, AFileIsWrittenAtItsEndKeptEmptiedAndCut) {
  SimDisk disk(1);
  append(*open(disk, "a"), "one");
  append(*open(disk, "./a"), "two");
  EXPECT_EQ(disk.content("a"), "onetwo");
  {
    const auto file = open(disk, "b/../a");
    std::uint64_t size = 0;
    EXPECT_EQ(file->size(size), 0);
    EXPECT_EQ(size, 6U);
    EXPECT_EQ(file->truncate(4), 0);
    append(*file, "x");
    EXPECT_EQ(file->close(), 0);
  }
  EXPECT_EQ(disk.content("a"), "onetx");
  EXPECT_EQ(disk.rename("a", "c"), 0);
  EXPECT_EQ(disk.content("a"), std::nullopt);
  EXPECT_EQ(disk.rename("a", "c"), ENOENT);
  append(*open(disk, "c", Disk::Open::kEmpty), "new");
  EXPECT_EQ(disk.content("c"), "new");
  EXPECT_EQ(disk.remove("c"), 0);
  EXPECT_EQ(disk.remove("c"), ENOENT);
  EXPECT_TRUE(disk.sizes().empty());
}

TEST(SimDisk, AfterACrashOfTheProcessNothingMoreArrivesAndAllThatDidIsThere) {
  SimDisk disk(1);
  auto file = open(disk, "a");
  append(*file, "kept");
  disk.crash();
  EXPECT_TRUE(disk.is_down());
  std::size_t written = 7;
  EXPECT_EQ(file->write("lost", written), EIO);
  EXPECT_EQ(written, 0U);
  EXPECT_EQ(file->sync(), EIO);
  EXPECT_EQ(disk.remove("a"), EIO);
  EXPECT_THROW(disk.restart(), std::logic_error);
  file.reset();
  disk.restart();
  EXPECT_EQ(disk.content("a"), "kept");
}

TEST(SimDisk, OfTheWriteThatTheProcessDiesInABeginningArrives) {
  expect_all_of<std::string>({"", "a", "ab", "abc"}, [](std::uint64_t seed) {
    SimDisk disk(seed);
    disk.fail_at(1, SimFault::kCrash);
    std::size_t written = 0;
    EXPECT_EQ(open(disk, "a")->write("abc", written), EIO);
    disk.restart();
    return disk.content("a").value();
  });
}

TEST(SimDisk, ALossOfPowerSparesWhatWasSynced) {
  for (std::uint64_t seed = 1; seed <= 200; ++seed) {
    SimDisk disk(seed);
    {
      const auto file = open(disk, "a");
      append(*file, "synced");
      EXPECT_EQ(file->sync(), 0);
      EXPECT_EQ(disk.sync_folder_of("a"), 0);
      append(*file, "not");
    }
    disk.lose_power();
    disk.restart();
    EXPECT_EQ(disk.content("a").value().substr(0, 6), "synced");
  }
}

TEST(SimDisk, ALossOfPowerKeepsEachWriteThatWasNotSyncedOrNot) {
  using namespace std::string_literals;
  expect_all_of<std::string>({"", "A", "\0B"s, "AB"}, [](std::uint64_t seed) {
    SimDisk disk(seed);
    {
      const auto file = open(disk, "a");
      EXPECT_EQ(disk.sync_folder_of("a"), 0);
      append(*file, "A");
      append(*file, "B");
    }
    disk.lose_power();
    disk.restart();
    return disk.content("a").value();
  });
}

TEST(SimDisk, ALossOfPowerTearsAtSectors) {
  std::set<std::string> expected;
  for (unsigned mask = 0; mask < 8; ++mask) {  // sectors of 100, 512 and 88 bytes
    std::string file(412, 'o');
    const std::string lengths[] = {std::string(100, 'n'), std::string(512, 'n'),
                                   std::string(88, 'n')};
    std::size_t at = 412;
    for (unsigned i = 0; i < 3; ++i) {
      if ((mask >> i & 1) != 0) {
        file.resize(at);
        file += lengths[i];
      }
      at += lengths[i].size();
    }
    expected.insert(file);
  }
  expect_all_of<std::string>(expected, [](std::uint64_t seed) {
    SimDisk disk(seed);
    disk.put("a", std::string(412, 'o'));
    append(*open(disk, "a"), std::string(700, 'n'));
    disk.lose_power();
    disk.restart();
    return disk.content("a").value();
  });
}

TEST(SimDisk, ALossOfPowerMayUndoACut) {
  expect_all_of<std::string>({"abc", "a", "ax", "axc"}, [](std::uint64_t seed) {
    SimDisk disk(seed);
    disk.put("a", "abc");
    {
      const auto file = open(disk, "a");
      EXPECT_EQ(file->truncate(1), 0);
      append(*file, "x");
    }
    disk.lose_power();
    disk.restart();
    return disk.content("a").value();
  });
}

TEST(SimDisk, ALossOfPowerMayUndoNamesUntilTheirFolderIsSynced) {
  const auto names = [](std::uint64_t seed, bool sync) {
    SimDisk disk(seed);
    disk.put("d/old", "1");
    disk.put("d/gone", "2");
    (void)open(disk, "d/made");
    EXPECT_EQ(disk.rename("d/old", "d/new"), 0);
    EXPECT_EQ(disk.remove("d/gone"), 0);
    EXPECT_EQ(disk.sync_folder_of(sync ? "d/x" : "other/x"), 0);
    disk.lose_power();
    disk.restart();
    std::string all;
    for (const auto& [path, size] : disk.sizes()) {
      all += path.substr(2) + " ";
    }
    return all;
  };
  expect_all_of<std::string>({"new ", "made new ", "old ", "made old ", "gone new ",
                              "gone made new ", "gone old ", "gone made old "},
                             [&](std::uint64_t seed) { return names(seed, false); });
  expect_all_of<std::string>({"made new "}, [&](std::uint64_t seed) { return names(seed, true); });
}

TEST(SimDisk, WhatAFailedSyncGaveUpNoLaterOneWrites) {
  expect_all_of<std::string>({"", "A"}, [](std::uint64_t seed) {
    SimDisk disk(seed);
    {
      const auto file = open(disk, "a");
      EXPECT_EQ(disk.sync_folder_of("a"), 0);
      append(*file, "A");
      disk.fail_at(disk.steps(), SimFault::kIoError);
      EXPECT_EQ(file->sync(), EIO);
      EXPECT_EQ(file->sync(), 0);
      EXPECT_EQ(disk.content("a"), "A");
    }
    disk.lose_power();
    disk.restart();
    return disk.content("a").value();
  });
}

TEST(SimDisk, CallsFailAsTheyAreTold) {
  SimDisk disk(1);
  const auto file = open(disk, "a");
  std::size_t written = 0;
  disk.fail_at(1, SimFault::kInterrupted);
  EXPECT_EQ(file->write("abcdef", written), EINTR);
  disk.fail_at(2, SimFault::kNoSpace);
  EXPECT_EQ(file->write("abcdef", written), ENOSPC);
  EXPECT_EQ(disk.content("a"), "");
  disk.fail_at(3, SimFault::kShortWrite);
  EXPECT_EQ(file->write("abcdef", written), 0);
  EXPECT_GT(written, 0U);
  EXPECT_LT(written, 6U);
  EXPECT_EQ(disk.content("a"), std::string("abcdef").substr(0, written));
  disk.fail_at(4, SimFault::kShortWrite);  // which a cut cannot have
  EXPECT_EQ(file->truncate(0), 0);
  EXPECT_EQ(disk.faults(), 3U);
  EXPECT_EQ(disk.steps(), 5U);
  disk.fail_sometimes(SimFault::kIoError, 1'000'000);
  std::uint64_t size = 0;
  EXPECT_EQ(file->size(size), EIO);
  EXPECT_EQ(disk.sync_folder_of("a"), EIO);
  disk.clear_faults();
  EXPECT_EQ(file->size(size), 0);
}

TEST(SimDisk, AFullDiskTakesWhatFitsAndGoesOnWhenThereIsRoom) {
  SimDisk disk(1);
  const auto file = open(disk, "a");
  disk.set_room(4);
  std::size_t written = 0;
  EXPECT_EQ(file->write("abcdef", written), 0);
  EXPECT_EQ(written, 4U);
  EXPECT_EQ(file->write("ef", written), ENOSPC);
  disk.set_room(std::nullopt);
  append(*file, "ef");
  EXPECT_EQ(disk.content("a"), "abcdef");
}

}  // namespace
}  // namespace tagtill
