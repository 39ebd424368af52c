// A candidate post that outlives its batch.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "engine/candidate.h"

namespace tagtill {

// Its strings and tags are its own (P3.9).
struct KeptPost {
  explicit KeptPost(const Candidate& from)
      : author_id(from.author_id), post_id(from.post_id), post(from) {
    for (const PostTag& tag : from.tags) {
      folds.emplace_back(tag.folded);
      tags.push_back(tag);
    }
    for (std::size_t i = 0; i < tags.size(); ++i) {
      tags[i].folded = folds[i];
    }
    post.author_id = author_id;
    post.post_id = post_id;
    post.tags = tags;
  }
  KeptPost(const KeptPost&) = delete;
  KeptPost& operator=(const KeptPost&) = delete;

  [[nodiscard]] bool is(const Candidate& other) const {
    return author_id == other.author_id && post_id == other.post_id;
  }

  std::string author_id;
  std::string post_id;
  std::vector<std::string> folds;
  std::vector<PostTag> tags;
  Candidate post;  // refers to the above
};

}  // namespace tagtill
