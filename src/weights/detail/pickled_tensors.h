#pragma once

#include <functional>
#include <string>

#include "weights/detail/contents.h"
#include "weights/detail/pickle_values.h"

namespace mirrortune::detail {

/// Where a storage lies in the file.
struct StoragePlace {
  std::uint64_t offset = 0, bytes = 0;
  std::shared_ptr<const Record> record = {};
};

/// The tensors of the state dict in `root`, in its order, added to `contents` (one file) with its key: what
/// stands under "state_dict"; else `root`, if all its entries are tensors; else its only dict of tensors, if
/// that has one of the usual names of a model. `place` finds a storage. Checks each view against its storage,
/// without overflow, before anything is allocated for it. Throws Refusal.
void add_tensors(const PickleValues& values, ValueId root,
                 const std::function<StoragePlace(const PickledStorage&)>& place, FileContents& contents);

}  // namespace mirrortune::detail
