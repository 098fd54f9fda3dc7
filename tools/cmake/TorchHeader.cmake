# A file that includes <torch/torch.h> costs 20 s; the precompiled header is built once and shared by every such target.
file(CONFIGURE OUTPUT "${CMAKE_BINARY_DIR}/pch/pch.cpp" CONTENT "")
add_library(mirrortune_torch_pch OBJECT "${CMAKE_BINARY_DIR}/pch/pch.cpp")
target_link_libraries(mirrortune_torch_pch PRIVATE mirrortune_libtorch mirrortune_warnings)
target_precompile_headers(mirrortune_torch_pch PRIVATE <torch/torch.h>)
