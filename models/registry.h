#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace mirrortune {

class Network;

/// How a random start draws the weights of the convolutions; linear layers and biases always start uniform in
/// ±1/√fan_in, batch-norm at weight 1 and bias 0.
enum class ConvStart {
  uniform_fan_in,  ///< uniform in ±1/√fan_in, LibTorch's default
  normal_fan_out,  ///< normal of variance 2/fan_out (He et al. 2015), fan_out = outputs × kernel area
};

/// What is known of a network beside its layers.
struct NetworkInfo {
  std::string name;            ///< torchvision's name
  std::string head;            ///< module of the last layer, a Linear: "fc"
  std::array<double, 3> mean;  ///< of the input's red, green, blue in [0, 1]: the network sees (x − mean)/sd
  std::array<double, 3> sd;
  ConvStart conv_start;
};

/// Every known network, in the order of the table.
std::vector<std::string> network_names();
bool is_network(std::string_view name);
/// Throws ConfigError naming the known networks and the nearest one.
const NetworkInfo& network_info(std::string_view name);
/// The network with a head of `classes` ≥ 1 outputs, float32 on the CPU, in train mode; its weights are not
/// meant to be used before load_weights. Throws as network_info.
std::shared_ptr<Network> make_network(std::string_view name, std::int64_t classes);

}  // namespace mirrortune
