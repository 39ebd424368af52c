#include "tools/corpus/corpus_report.h"

#include <fmt/core.h>

#include "corpus/corpus_files.h"
#include "tools/messages.h"

namespace tagtill {

std::string corpus_files_text(const std::string& folder, std::uint64_t purchases) {
  const corpus::CorpusPaths paths = corpus::corpus_paths(folder);
  std::string text = fmt::format("  {:<10} {}\n", "stream", paths.posts.string());
  text += fmt::format("  {:<10} {}\n", "offers", paths.offers.string());
  text += fmt::format("  {:<10} {}\n", "members", paths.members.string());
  text += fmt::format("  {:<10} {}\n", "secret", paths.secret.string());
  text += fmt::format("  {:<10} {} ({} must come out)\n\n", "purchases", paths.purchases.string(),
                      counted(purchases, "purchase", "purchases"));
  text += fmt::format(
      "Replay it with\n  tagtill replay --offers {} --members {} --secret-file {} {}\n",
      paths.offers.string(), paths.members.string(), paths.secret.string(), paths.posts.string());
  return text;
}

}  // namespace tagtill
