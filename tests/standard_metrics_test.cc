// The metrics of `tagtill serve`, and what docs/observing.md says of them.
#include "tools/serve/standard_metrics.h"

#include <gtest/gtest.h>

#include <sstream>
#include <string>

#include "tests/exposition.h"
#include "tests/temp_folder.h"

namespace tagtill {
namespace {

const StandardNames kNames = {
    "0.1.0", {"sqlite:purchases.db", "jsonl:\\out"}, {"tcp-1", "stdin-2"}};

TEST(StandardMetrics, AllAreRenderedFromTheStart) {
  MetricRegistry registry;
  StandardMetrics metrics(registry, kNames);
  const auto families = exposition::read(registry.render());
  EXPECT_EQ(families.size(), registry.descriptions().size());
  EXPECT_EQ(families.at("tagtill_rejections_total").samples.size(), kRejectReasons);
  EXPECT_EQ(families.at("tagtill_events_total").samples.size(), kEventTypes);
  EXPECT_EQ(families.at("tagtill_sink_lag_events").samples.size(), 2U);
  EXPECT_EQ(families.at("tagtill_build_info").samples.at("tagtill_build_info{version=\"0.1.0\"}"),
            1);
  metrics.sinks[1].behind_events.set(3);
  metrics.sinks[1].set(BatchCounts{1, 2, 3, 4});
  metrics.parcels.set(ParcelCounts{5, 6, 7, 8, 9});
  metrics.sources[1].bytes.set(10);
  metrics.commits.commit_seconds.record(1'500'000);
  metrics.connections.ended_by(StandardMetrics::ConnectionEnd::kTakenOver).add();
  const std::string text = registry.render();
  (void)exposition::read(text);
  for (const char* line : {"tagtill_sink_lag_events{sink=\"jsonl:\\\\out\"} 3\n",
                           "tagtill_commit_duration_seconds_bucket{le=\"0.002\"} 1\n",
                           "tagtill_sink_batches_total{sink=\"jsonl:\\\\out\",reason=\"idle\"} 3\n",
                           "tagtill_parcels_total{reason=\"before_configuration\"} 7\n",
                           "tagtill_source_bytes_total{source=\"tcp-1\"} 0\n",
                           "tagtill_source_bytes_total{source=\"stdin-2\"} 10\n",
                           "tagtill_connections_ended_total{cause=\"taken_over\"} 1\n"}) {
    EXPECT_NE(text.find(line), std::string::npos) << line;
  }
}

TEST(StandardMetrics, TakeWhatIsCountedElsewhere) {
  MetricRegistry registry;
  StandardMetrics metrics(registry, kNames);
  LineCounts lines;
  lines.bytes = 1'000;
  lines.lines = 10;
  lines.parsed = 3;
  lines.posts = 7;
  lines.delete_notices = 1;
  lines.others = 1;
  lines.malformed = 1;
  metrics.lines.set(lines);
  DecisionCounts decisions;
  decisions.confirmed = 5;
  decisions.rejected = {1, 2, 3};
  metrics.decisions.set(decisions);
  metrics.program.set(Log::Counts{1, 2, 3});
  metrics.program.set(HttpServer::Counts{4, 5, 6, 7});
  const auto families = exposition::read(registry.render());
  const auto value = [&](const std::string& name, const std::string& labels = "") {
    return families.at(name).samples.at(name + labels);
  };
  EXPECT_EQ(value("tagtill_read_bytes_total"), 1'000);
  EXPECT_EQ(value("tagtill_lines_total", "{stage=\"read\"}"), 10);
  EXPECT_EQ(value("tagtill_line_types_total", "{type=\"post\"}"), 7);
  EXPECT_EQ(value("tagtill_events_total", "{type=\"confirmed\"}"), 5);
  EXPECT_EQ(value("tagtill_events_total", "{type=\"rejected\"}"), 6);
  EXPECT_EQ(value("tagtill_rejections_total", "{reason=\"cancelled\"}"), 2);
  EXPECT_EQ(value("tagtill_log_lines_dropped_total"), 2);
  EXPECT_EQ(value("tagtill_http_watchers"), 7);
}

// The table as it should stand in docs/observing.md: paste it there when it differs.
TEST(StandardMetrics, AreDescribedInTheDocs) {
  MetricRegistry registry;
  const StandardMetrics metrics(registry, kNames);
  std::string wanted;
  for (const MetricRegistry::Description& metric : registry.descriptions()) {
    std::string labels;
    for (const LabelName label : metric.labels) {
      labels += (labels.empty() ? "`" : ", `") + std::string(name_of(label)) + "`";
    }
    wanted += "| `" + metric.name + "` | " + std::string(metric.type) + " | " + labels + " | " +
              metric.help + " |\n";
  }
  std::istringstream page(read_file("docs/observing.md"));
  std::string found;
  for (std::string line; std::getline(page, line);) {
    found += line.starts_with("| `tagtill_") && line.find("` | ") != std::string::npos &&
                     (line.find(" | counter | ") != std::string::npos ||
                      line.find(" | gauge | ") != std::string::npos ||
                      line.find(" | histogram | ") != std::string::npos)
                 ? line + "\n"
                 : "";
  }
  EXPECT_EQ(found, wanted) << wanted;
}

}  // namespace
}  // namespace tagtill
