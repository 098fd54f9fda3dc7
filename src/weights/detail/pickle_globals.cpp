#include "weights/detail/pickle_globals.h"

#include <algorithm>
#include <array>
#include <utility>

namespace mirrortune::detail {
namespace {

struct TypeRow {
  PickledType type;
  std::string_view storage;  ///< the class of its storages in the module torch; "" if it has none
};

constexpr std::array kTypes = {
    TypeRow{{"float64", 8, DType::float64}, "DoubleStorage"},
    TypeRow{{"float32", 4, DType::float32}, "FloatStorage"},
    TypeRow{{"float16", 2, DType::float16}, "HalfStorage"},
    TypeRow{{"bfloat16", 2, DType::bfloat16}, "BFloat16Storage"},
    TypeRow{{"int64", 8, DType::int64}, "LongStorage"},
    TypeRow{{"int32", 4, DType::int32}, "IntStorage"},
    TypeRow{{"int16", 2, DType::int16}, "ShortStorage"},
    TypeRow{{"int8", 1, DType::int8}, "CharStorage"},
    TypeRow{{"uint64", 8, DType::uint64}, ""},
    TypeRow{{"uint32", 4, DType::uint32}, ""},
    TypeRow{{"uint16", 2, DType::uint16}, ""},
    TypeRow{{"uint8", 1, DType::uint8}, "ByteStorage"},
    TypeRow{{"bool", 1, DType::boolean}, "BoolStorage"},
    TypeRow{{"untyped bytes", 1, std::nullopt}, "UntypedStorage"},
    TypeRow{{"complex128", 16, std::nullopt}, "ComplexDoubleStorage"},
    TypeRow{{"complex64", 8, std::nullopt}, "ComplexFloatStorage"},
    TypeRow{{"complex32", 4, std::nullopt}, ""},
    TypeRow{{"float8_e4m3fn", 1, std::nullopt}, ""},
    TypeRow{{"float8_e4m3fnuz", 1, std::nullopt}, ""},
    TypeRow{{"float8_e5m2", 1, std::nullopt}, ""},
    TypeRow{{"float8_e5m2fnuz", 1, std::nullopt}, ""},
    TypeRow{{"float8_e8m0fnu", 1, std::nullopt}, ""},
    TypeRow{{"float4_e2m1fn_x2", 1, std::nullopt}, ""},
    TypeRow{{"qint32", 4, std::nullopt}, "QInt32Storage"},
    TypeRow{{"qint8", 1, std::nullopt}, "QInt8Storage"},
    TypeRow{{"quint8", 1, std::nullopt}, "QUInt8Storage"},
};

struct GlobalRow {
  std::string_view module, name;
  PickleGlobal global;
};

constexpr std::array kStateDict = {
    GlobalRow{"collections", "OrderedDict", PickleGlobal::ordered_dict},
    GlobalRow{"torch._utils", "_rebuild_tensor", PickleGlobal::rebuild_tensor},
    GlobalRow{"torch._utils", "_rebuild_tensor_v2", PickleGlobal::rebuild_tensor},
    GlobalRow{"torch._utils", "_rebuild_tensor_v3", PickleGlobal::rebuild_tensor},
    GlobalRow{"torch._utils", "_rebuild_parameter", PickleGlobal::rebuild_parameter},
    GlobalRow{"torch._utils", "_rebuild_parameter_with_state", PickleGlobal::rebuild_parameter},
    GlobalRow{"torch._tensor", "_rebuild_from_type_v2", PickleGlobal::rebuild_from_type},
    GlobalRow{"torch", "Size", PickleGlobal::size},
};

/// Modules and names of what is skipped. Python 2 and numpy below 2 have other names for some of them.
constexpr std::array kInert = {
    std::pair{"argparse", "Namespace"},
    std::pair{"types", "SimpleNamespace"},
    std::pair{"collections", "defaultdict"},
    std::pair{"collections", "Counter"},
    std::pair{"collections", "deque"},
    std::pair{"_codecs", "encode"},
    std::pair{"copyreg", "_reconstructor"},
    std::pair{"copy_reg", "_reconstructor"},
    std::pair{"datetime", "date"},
    std::pair{"datetime", "datetime"},
    std::pair{"datetime", "timedelta"},
    std::pair{"pathlib", "PosixPath"},
    std::pair{"pathlib", "PurePosixPath"},
    std::pair{"pathlib", "WindowsPath"},
    std::pair{"pathlib", "PureWindowsPath"},
    std::pair{"numpy", "dtype"},
    std::pair{"numpy", "ndarray"},
    std::pair{"numpy.core.multiarray", "scalar"},
    std::pair{"numpy.core.multiarray", "_reconstruct"},
    std::pair{"numpy._core.multiarray", "scalar"},
    std::pair{"numpy._core.multiarray", "_reconstruct"},
    std::pair{"torch", "device"},
    std::pair{"torch", "Tensor"},
    std::pair{"torch.nn.parameter", "Parameter"},
    std::pair{"torch._utils", "_rebuild_qtensor"},
    std::pair{"torch._utils", "_rebuild_sparse_tensor"},
    std::pair{"torch.serialization", "_get_layout"},
};

constexpr std::array<std::string_view, 13> kInertBuiltins = {
    "bool", "bytearray", "bytes", "complex", "dict",  "float", "frozenset",
    "int",  "list",      "range", "set",     "slice", "str"};

bool is_inert(std::string_view module, std::string_view name) {
  if (module == "builtins" || module == "__builtin__") {
    return std::find(kInertBuiltins.begin(), kInertBuiltins.end(), name) != kInertBuiltins.end();
  }
  return std::any_of(kInert.begin(), kInert.end(),
                     [&](const auto& row) { return row.first == module && row.second == name; });
}

}  // namespace

std::optional<NamedGlobal> find_global(std::string_view module, std::string_view name) {
  for (const auto& row : kStateDict) {
    if (row.module == module && row.name == name) return NamedGlobal{row.global};
  }
  if (module == "torch" || module == "torch.storage") {
    for (const auto& row : kTypes) {
      if (!row.storage.empty() && row.storage == name)
        return NamedGlobal{PickleGlobal::storage_type, &row.type};
      if (row.type.name == name) return NamedGlobal{PickleGlobal::element_type, &row.type};
    }
  }
  if (is_inert(module, name)) return NamedGlobal{PickleGlobal::inert};
  return std::nullopt;
}

}  // namespace mirrortune::detail
