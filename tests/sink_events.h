// What the tests of sinks share: events, databases, messages.
#pragma once

#include <gtest/gtest.h>
#include <sqlite3.h>

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "engine/errors.h"
#include "engine/event.h"

namespace tagtill {

using Rows = std::vector<std::vector<std::string>>;

// The rows as text; nulls are empty.
inline Rows query(const std::string& path, const std::string& sql, const std::string& vfs = "") {
  sqlite3* database = nullptr;
  sqlite3_stmt* statement = nullptr;
  Rows rows;
  EXPECT_EQ(sqlite3_open_v2(path.c_str(), &database, SQLITE_OPEN_READONLY,
                            vfs.empty() ? nullptr : vfs.c_str()),
            SQLITE_OK);
  EXPECT_EQ(sqlite3_prepare_v2(database, sql.c_str(), -1, &statement, nullptr), SQLITE_OK)
      << sqlite3_errmsg(database);
  while (sqlite3_step(statement) == SQLITE_ROW) {
    rows.emplace_back();
    for (int i = 0; i < sqlite3_column_count(statement); ++i) {
      const auto* text = reinterpret_cast<const char*>(sqlite3_column_text(statement, i));
      rows.back().emplace_back(text == nullptr ? "" : text);
    }
  }
  sqlite3_finalize(statement);
  sqlite3_close(database);
  return rows;
}

inline void execute(const std::string& path, const std::string& sql) {
  sqlite3* database = nullptr;
  EXPECT_EQ(sqlite3_open(path.c_str(), &database), SQLITE_OK);
  EXPECT_EQ(sqlite3_exec(database, sql.c_str(), nullptr, nullptr, nullptr), SQLITE_OK)
      << sqlite3_errmsg(database);
  sqlite3_close(database);
}

inline std::size_t count_rows(const std::string& path) {
  return query(path, "SELECT 1 FROM purchases").size();
}

inline Event purchase(EventBatch& batch, const std::string& intent_id) {
  Event event;
  event.type = EventType::kConfirmed;
  event.offer_id = "mug";
  event.account = batch.bytes.keep("acct \"1\" ~");
  event.author_id = batch.bytes.keep("author-" + intent_id.substr(0, 120));
  event.intent_id = batch.bytes.keep(intent_id);
  event.post_id = batch.bytes.keep("confirm-" + intent_id.substr(0, 120));
  event.currency = {'E', 'U', 'R'};
  event.intent_at = 1'360'584'000'000;
  event.at = event.intent_at + 60'000;
  event.price_minor = 1'299;
  event.commission_minor = 64;
  event.reach = 42;
  return event;
}

// Every plane of Unicode, quotes, newlines and other controls, an id at the
// limit of its length, numbers at the limits of their range.
inline EventBatch hard_batch() {
  EventBatch batch;
  const std::vector<std::string> ids = {"1",
                                        "quote\"back\\slash'tick",
                                        "new\nline\r\n",
                                        "nul-less \x01\x1F",
                                        "é߿",
                                        "ࠀ日本￼",
                                        "\U00010000\U0001F600",
                                        "\U0002FFFD",
                                        "\U0003FFFD",
                                        "\U00040000",
                                        "\U00050000",
                                        "\U00060000",
                                        "\U00070000",
                                        "\U00080000",
                                        "\U00090000",
                                        "\U000A0000",
                                        "\U000B0000",
                                        "\U000C0000",
                                        "\U000D0000",
                                        "\U000E0001",
                                        "\U000F0000",
                                        "\U0010FFFD",
                                        std::string(128, 'x')};
  for (const std::string& id : ids) {
    batch.events.push_back(purchase(batch, id));
  }
  batch.events[1].fulfilment = Fulfilment::kPickup;
  batch.events[1].code = 0x0123456789;
  batch.events[2].price_minor = INT64_MAX;
  batch.events[2].commission_minor = INT64_MAX;
  batch.events[2].reach = INT64_MAX;
  batch.events[3].price_minor = 0;
  return batch;
}

inline std::string lines_of(const EventBatch& batch) {
  std::string lines;
  for (const Event& event : batch.events) {
    append_json_line(lines, event);
  }
  return lines;
}

inline std::string message_of(const std::function<void()>& action, ExitCode code) {
  try {
    action();
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), code);
    return error.what();
  }
  ADD_FAILURE() << "nothing was thrown";
  return "";
}

}  // namespace tagtill
