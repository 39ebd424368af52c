// A batch of candidates as text, to be compared and shown.
#pragma once

#include <string>

#include "engine/candidate.h"

namespace candidate_text {

inline std::string of(const tagtill::CandidateBatch& batch) {
  std::string out;
  for (const tagtill::Candidate& candidate : batch.candidates) {
    if (candidate.kind == tagtill::Candidate::Kind::kTick) {
      out += "tick at " + std::to_string(candidate.at) + "\n";
      continue;
    }
    if (candidate.kind == tagtill::Candidate::Kind::kDeleteNotice) {
      out += "delete";
    } else {
      out += "post at " + std::to_string(candidate.at) + " followers " +
             std::to_string(candidate.followers) + (candidate.author_protected ? " protected" : "");
    }
    out +=
        " " + std::string(candidate.post_id) + " by " + std::string(candidate.author_id) +
        (candidate.member == tagtill::kNotAMember ? ""
                                                  : " member " + std::to_string(candidate.member));
    for (const tagtill::PostTag& tag : candidate.tags) {
      out += " #" + std::string(tag.folded);
      out += tag.tag == tagtill::kNoTag ? "" : "/tag " + std::to_string(tag.tag);
      out += tag.code == tagtill::kNoCode ? "" : "/code " + std::to_string(tag.code);
    }
    out += "\n";
  }
  return out;
}

}  // namespace candidate_text
