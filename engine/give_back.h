// Memory that is not needed any more.
#pragma once

namespace tagtill {

// Empties the container and gives its memory back, which clear() keeps.
template <typename Container>
void give_back(Container& container) {
  Container().swap(container);
}

}  // namespace tagtill
