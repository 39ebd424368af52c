// What a decider remembers as JSON Lines (docs/formats.md).
#pragma once

#include <functional>
#include <string>
#include <string_view>

#include "engine/memory_visitor.h"

namespace tagtill {

// Makes a line of each thing that it is told of. One thread.
class MemoryLines final : public MemoryVisitor {
 public:
  // `take` is given each line, with its line end, which lives during the call.
  using Take = std::function<void(std::string_view line)>;
  explicit MemoryLines(Take take) : take_(std::move(take)) {}

  void on_clock(std::optional<Millis> clock) override;
  void on_stock(const Stock& stock) override;
  void on_terms(const Terms& terms) override;
  void on_window(const Window& window) override;
  void on_parked(const Parked& parked) override;
  void on_post(const Post& post) override;
  void on_notice(const Notice& notice) override;
  void on_confirmed(const Confirmed& confirmed) override;
  void on_set_aside(const Candidate& post) override;
  void on_controlled_author(const ControlledAuthor& author) override;
  void on_controlled_offer(const ControlledOffer& offer) override;
  void on_frozen_before(Millis time) override;

 private:
  Take take_;
  std::string line_;
  std::string purchase_id_;
};

}  // namespace tagtill
