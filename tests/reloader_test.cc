#include "tools/serve/reloader.h"

#include <gtest/gtest.h>
#include <pthread.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <future>
#include <semaphore>

namespace tagtill {
namespace {

// A reload that ends when it is let.
struct Reloads {
  void operator()() {
    begun.release();
    may_end.acquire();
    ++count;
  }

  std::counting_semaphore<> begun{0};
  std::counting_semaphore<> may_end{0};
  int count = 0;  // read when the thread has ended
};

TEST(Reloader, WhoAsksDoesNotWaitAndAsksDuringAReloadAreOneMore) {
  Reloads reloads;
  {
    Reloader reloader([&] { reloads(); });
    reloader.ask();
    reloads.begun.acquire();
    reloader.ask();
    reloader.ask();
    reloader.ask();
    reloads.may_end.release();
    reloads.begun.acquire();
    reloads.may_end.release();
  }
  EXPECT_EQ(reloads.count, 2);
}

TEST(Reloader, OneThatIsUnderWayAtTheEndIsFinished) {
  Reloads reloads;
  std::future<void> ended;
  {
    Reloader reloader([&] { reloads(); });
    reloader.ask();
    reloads.begun.acquire();
    ended = std::async(std::launch::async, [&] { reloads.may_end.release(); });
  }
  ended.get();
  EXPECT_EQ(reloads.count, 1);
}

TEST(Reloader, NobodyAskedNothingIsDone) {
  Reloads reloads;
  {
    const Reloader reloader([&] { reloads(); });
  }
  EXPECT_EQ(reloads.count, 0);
}

TEST(Reloader, ItsThreadYieldsToTheOthers) {
  const int own = ::getpriority(PRIO_PROCESS, static_cast<id_t>(::gettid()));
  std::promise<int> priority;
  {
    Reloader reloader(
        [&] { priority.set_value(::getpriority(PRIO_PROCESS, static_cast<id_t>(::gettid()))); });
    reloader.ask();
    EXPECT_EQ(priority.get_future().get(), std::max(own, 10));
  }
  EXPECT_EQ(::getpriority(PRIO_PROCESS, static_cast<id_t>(::gettid())), own);
}

}  // namespace
}  // namespace tagtill
