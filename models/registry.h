#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace mirrortune {

class Network;

/// What a network takes and gives.
enum class NetworkKind {
  image_classifier,  ///< images [N, 3, H, W] → logits [N, classes]
  image_encoder,     ///< images [N, 3, H, W] → features; it has no classes
  row_classifier,    ///< rows of a digit, one per time step, [N, T, 28] → logits [N, classes]
};

/// How a random start draws the weights. Batch-norm and group-norm always start at weight 1 and bias 0.
enum class WeightStart {
  uniform_fan_in,  ///< all weights and biases uniform in ±1/√fan_in, LibTorch's default
  normal_fan_out,  ///< convolutions normal of variance 2/fan_out (He et al. 2015), fan_out = outputs × kernel
                   ///< area, their biases 0; linear layers as above
  uniform_glorot,  ///< weights uniform in ±√(6 / (fan_in + fan_out)) (Glorot & Bengio 2010), biases 0
};

/// What is known of a network beside its layers.
struct NetworkInfo {
  std::string name;  ///< torchvision's name where it has the network
  NetworkKind kind = NetworkKind::image_classifier;
  std::string head;            ///< module of the last layer, a Linear: "fc"; empty for an encoder
  std::array<double, 3> mean;  ///< of the input's red, green, blue in [0, 1]: the network sees (x − mean)/sd
  std::array<double, 3> sd;
  WeightStart start = WeightStart::uniform_fan_in;
};

/// Every known network, in the order of the table.
std::vector<std::string> network_names();
bool is_network(std::string_view name);
/// Throws ConfigError naming the known networks and the nearest one.
const NetworkInfo& network_info(std::string_view name);
/// The network with a head of `classes` ≥ 1 outputs (of no meaning for an encoder), float32 on the CPU, in
/// train mode; its weights are not meant to be used before load_weights. Throws as network_info.
std::shared_ptr<Network> make_network(std::string_view name, std::int64_t classes);
/// Throws ConfigError for an encoder, which has no classes.
void require_classifier(std::string_view name);
/// Throws ConfigError if the network cannot see images of this side: rows have a length of their own.
void require_resolution(std::string_view name, std::int64_t resolution);
/// Modules whose weights `analysis.head: exclude` leaves out of a snapshot, separated by commas: a
/// classifier's head; of an encoder its projector and predictor, which finetuning throws away; nothing of a
/// recurrent network, whose snapshots hold its recurrent matrix alone.
std::string snapshot_head(const NetworkInfo& info);

}  // namespace mirrortune
