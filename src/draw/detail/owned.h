#pragma once

#include <memory>

#include <glib-object.h>

namespace mirrortune::draw {

/// What a C library handed out and `kFree` takes back.
template <auto kFree>
struct FreedBy {
  void operator()(auto* pointer) const { kFree(pointer); }
};
template <class T, auto kFree = g_object_unref>
using Owned = std::unique_ptr<T, FreedBy<kFree>>;

}  // namespace mirrortune::draw
