// A state whose bytes were changed or cut: it is refused, or it is exactly what was committed at
// some time. Never anything else.
#include <fcntl.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "engine/errors.h"
#include "engine/state/state_store.h"
#include "tests/seeded.h"
#include "tests/state_model.h"
#include "tests/temp_folder.h"

namespace tagtill {
namespace {

// A state, a copy of which is damaged again and again, and all that it ever was.
class Patient {
 public:
  Patient(const TempFolder& folder, std::uint32_t page_bytes, std::size_t payload_bytes_max)
      : random_(seeded::first_seed()),
        options_(quick_options()),
        original_(folder.path("original")),
        copy_(folder.path("copy")),
        payload_bytes_max_(payload_bytes_max) {
    options_.page_bytes = page_bytes;
    options_.lock = false;
    store_ = StateStore::open(original_, options_);
    note();
    for (const bool letters : {false, true}) {
      const std::string name = letters ? "l" : "a";
      store_->add_cursor(name, letters);
      model_.add_cursor(name, letters);
      note();
    }
  }

  void commit(int times) {
    for (int i = 0; i < times; ++i) {
      const StateCommit commit = random_commit(random_, model_, payload_bytes_max_);
      store_->commit(commit);
      model_.commit(commit);
      note();
    }
  }

  void make_snapshot(std::vector<std::string> pieces) {
    store_->begin_snapshot(model_.sequence());
    for (const std::string& piece : pieces) {
      store_->add_snapshot_piece(piece);
    }
    const std::uint64_t keep = model_.sequence() > 3 ? model_.sequence() - 3 : 0;
    store_->finish_snapshot(keep);
    model_.set_snapshot(model_.sequence(), std::move(pieces), keep);
    note();
  }

  // Its WAL goes into the database.
  void close_and_open() {
    store_.reset();
    store_ = StateStore::open(original_, options_);
  }

  // What the patient is from now on: the database, and the WAL if it is not closed.
  void take(bool closed) {
    if (closed) {
      store_.reset();
    }
    for (const char* name : {"", "-wal", "-shm"}) {
      std::filesystem::remove(copy_ + name);
      if (std::string_view(name) != "-shm" && std::filesystem::exists(original_ + name)) {
        std::filesystem::copy_file(original_ + name, copy_ + name);
      }
    }
  }

  [[nodiscard]] std::string database() const { return copy_; }
  [[nodiscard]] std::string wal() const { return copy_ + "-wal"; }

  // True: it was read to the end. It must then be something that it was at some time.
  bool is_whole() {
    try {
      const auto reader = StateReader::open(copy_);
      const std::string told = text_of(*reader);
      EXPECT_NE(find(told), nullptr) << "it never was:\n" << told;
      reader->verify_all();
      return true;
    } catch (const Error& error) {
      const std::string message = error.what();
      EXPECT_NE(message.find(copy_), std::string::npos) << message;
      EXPECT_TRUE(message.ends_with('.')) << message;
      return false;
    }
  }

  // A writer goes on with it, if it is let: then what it was at some time must be in it, and all
  // that was added.
  void go_on() {
    try {
      auto store = StateStore::open(copy_, options_);
      const StateModel* was = find(text_of(store->reader()));
      ASSERT_NE(was, nullptr);
      StateModel model = *was;
      for (int i = 0; i < 3; ++i) {
        const StateCommit commit = random_commit(random_, model, payload_bytes_max_);
        store->commit(commit);
        model.commit(commit);
        ASSERT_EQ(text_of(store->reader()), model.text());
      }
      while (store->tidy()) {
      }
      store.reset();
      ASSERT_EQ(text_of(*StateReader::open(copy_)), model.text());
    } catch (const Error&) {
    }
  }

 private:
  void note() {
    EXPECT_EQ(text_of(store_->reader()), model_.text());
    times_.emplace_back(model_.text(), model_);
  }

  const StateModel* find(const std::string& text) const {
    for (const auto& [then, model] : times_) {
      if (then == text) {
        return &model;
      }
    }
    return nullptr;
  }

  seeded::Random random_;
  StateOptions options_;
  std::string original_;
  std::string copy_;
  std::size_t payload_bytes_max_;
  std::unique_ptr<StateStore> store_;
  StateModel model_;
  std::vector<std::pair<std::string, StateModel>> times_;
};

// Changes bytes of a file, and puts them back.
class Surgery {
 public:
  explicit Surgery(const std::string& path)
      : path_(path), bytes_(read_file(path)), file_(::open(path.c_str(), O_WRONLY | O_CLOEXEC)) {
    EXPECT_GE(file_, 0);
  }
  ~Surgery() { ::close(file_); }
  Surgery(const Surgery&) = delete;
  Surgery& operator=(const Surgery&) = delete;

  [[nodiscard]] std::size_t size() const { return bytes_.size(); }
  [[nodiscard]] const std::string& bytes() const { return bytes_; }
  void put(std::size_t place, std::string_view bytes) const {
    EXPECT_EQ(::pwrite(file_, bytes.data(), bytes.size(), static_cast<off_t>(place)),
              static_cast<ssize_t>(bytes.size()));
  }
  void flip(std::size_t place, unsigned bit) const {
    const char flipped = static_cast<char>(static_cast<unsigned char>(bytes_[place]) ^ (1U << bit));
    put(place, {&flipped, 1});
  }
  void cut(std::size_t size) const { EXPECT_EQ(::ftruncate(file_, static_cast<off_t>(size)), 0); }
  void heal() const {
    cut(0);
    put(0, bytes_);
  }
  void heal(std::size_t place) const { put(place, std::string_view(bytes_).substr(place, 1)); }

 private:
  std::string path_;
  std::string bytes_;
  int file_;
};

// A small state with something in each table, whose WAL holds two commits.
void make_small(Patient& patient) {
  patient.commit(6);
  patient.make_snapshot({"a piece", std::string(700, 'p')});
  patient.commit(5);
  patient.make_snapshot({"another piece"});
  patient.commit(3);
  patient.close_and_open();
  patient.commit(2);
}

// A larger one, in pages as they are used, with more in the WAL.
void make_large(Patient& patient) {
  patient.commit(80);
  patient.make_snapshot({std::string(60'000, 'p'), std::string(9'000, 'q')});
  patient.commit(60);
  patient.close_and_open();
  patient.commit(30);
  patient.make_snapshot({std::string(20'000, 'r')});
  patient.commit(10);
}

constexpr std::uint32_t kPageBytes = 4'096;

// Every so many bytes: all of them, unless few seeds are asked for.
std::size_t stride() {
  return static_cast<std::size_t>(300 / std::clamp<std::uint64_t>(seeded::seeds(), 10, 300));
}

void flip_each_byte(Patient& patient, const std::string& path) {
  const std::uint64_t seed = seeded::first_seed();
  SCOPED_TRACE("TAGTILL_SEED=" + std::to_string(seed));
  const Surgery surgery(path);
  seeded::Random random(seed);
  for (std::size_t place = random.below(stride()); place < surgery.size(); place += stride()) {
    surgery.flip(place, static_cast<unsigned>(random.below(8)));
    (void)patient.is_whole();
    surgery.heal(place);
    ASSERT_FALSE(::testing::Test::HasFailure()) << "byte " << place << " of " << path;
  }
  EXPECT_TRUE(patient.is_whole());
}

// At every byte of what was written last, and at every page.
void cut_everywhere(Patient& patient, const std::string& path, std::size_t page_bytes) {
  const Surgery surgery(path);
  const std::size_t last = surgery.size() - page_bytes;
  for (std::size_t size = 0; size < surgery.size(); size += size < last ? page_bytes : stride()) {
    surgery.cut(size);
    (void)patient.is_whole();
    surgery.heal();
    ASSERT_FALSE(::testing::Test::HasFailure()) << "cut at " << size << " of " << path;
  }
  EXPECT_TRUE(patient.is_whole());
}

TEST(StateDamage, EachByteOfTheDatabaseFlipped) {
  const TempFolder folder;
  Patient patient(folder, 512, 60);
  make_small(patient);
  patient.take(true);
  flip_each_byte(patient, patient.database());
  cut_everywhere(patient, patient.database(), 512);
}

TEST(StateDamage, EachByteOfTheWalFlipped) {
  const TempFolder folder;
  Patient patient(folder, 512, 60);
  make_small(patient);
  patient.take(false);
  flip_each_byte(patient, patient.wal());
  cut_everywhere(patient, patient.wal(), 512 + 24);
}

// The database under a WAL: of some pages there are newer ones.
TEST(StateDamage, BitsOfADatabaseWithAWalFlipped) {
  const TempFolder folder;
  Patient patient(folder, 512, 60);
  make_small(patient);
  patient.take(false);
  const std::uint64_t seed = seeded::first_seed();
  SCOPED_TRACE("TAGTILL_SEED=" + std::to_string(seed));
  seeded::Random random(seed);
  const Surgery surgery(patient.database());
  for (std::uint64_t i = 0; i < 5 * seeded::seeds(); ++i) {
    const std::size_t place = random.below(surgery.size());
    surgery.flip(place, static_cast<unsigned>(random.below(8)));
    (void)patient.is_whole();
    surgery.heal(place);
    ASSERT_FALSE(::testing::Test::HasFailure()) << "byte " << place;
  }
}

// A disk that says that it wrote a page and did not.
TEST(StateDamage, PagesOfAnotherTime) {
  for (const std::uint32_t page_bytes : {512U, kPageBytes}) {
    const TempFolder folder;
    Patient patient(folder, page_bytes, page_bytes / 4);
    std::vector<std::string> times;
    patient.commit(10);
    for (int i = 0; i < 9; ++i) {
      patient.commit(1 + i % 4);
      if (i % 4 == 3) {
        patient.make_snapshot({"piece", std::string(1'000, 'p')});
      }
      patient.close_and_open();
      patient.take(true);
      patient.close_and_open();
      times.push_back(read_file(patient.database()));
    }
    for (const std::string& now : times) {
      for (const std::string& then : times) {
        for (std::size_t page = 0; page + page_bytes <= std::min(now.size(), then.size());
             page += page_bytes) {
          if (now.compare(page, page_bytes, then, page, page_bytes) == 0) {
            continue;
          }
          std::string mixed = now;
          mixed.replace(page, page_bytes, then, page, page_bytes);
          std::ofstream(patient.database(), std::ios::binary) << mixed;
          (void)patient.is_whole();
          ASSERT_FALSE(::testing::Test::HasFailure()) << "page " << page / page_bytes;
        }
      }
    }
  }
}

// Several bits, pages of zeros and copies of other pages, and a writer that goes on with what is
// left.
TEST(StateDamage, AWriterGoesOnWithWhatItWasOrRefuses) {
  const std::uint64_t seed = seeded::first_seed();
  SCOPED_TRACE("TAGTILL_SEED=" + std::to_string(seed));
  seeded::Random random(seed);
  for (const bool closed : {true, false}) {
    const TempFolder folder;
    Patient patient(folder, kPageBytes, 2'000);
    make_large(patient);
    for (std::uint64_t i = 0; i < seeded::seeds() / 10; ++i) {
      patient.take(closed);
      const Surgery surgery(closed || random.percent(50) ? patient.database() : patient.wal());
      const std::size_t place = random.below(surgery.size());
      switch (random.below(5)) {
        case 0:
          surgery.cut(place);
          break;
        case 1:
          surgery.put(place / kPageBytes * kPageBytes, std::string(kPageBytes, '\0'));
          break;
        case 2:
          surgery.put(place / kPageBytes * kPageBytes,
                      surgery.bytes().substr(random.below(surgery.size()) / kPageBytes * kPageBytes,
                                             kPageBytes));
          break;
        default:
          for (std::size_t count = 1 + random.below(3); count > 0; --count) {
            surgery.flip(random.below(surgery.size()), static_cast<unsigned>(random.below(8)));
          }
          break;
      }
      (void)patient.is_whole();
      patient.go_on();
      ASSERT_FALSE(::testing::Test::HasFailure()) << "case " << i << ", closed " << closed;
    }
  }
}

}  // namespace
}  // namespace tagtill
