#include <functional>
#include <string>
#include <vector>

#include <sys/stat.h>

#include "bad_input.h"

namespace mirrortune::test {
namespace {

namespace fs = std::filesystem;

/// `run` with `weights` made by `make`.
BadInput weights(std::string name, int code, std::vector<std::string> words,
                 std::function<void(World&)> make) {
  return {std::move(name), code, std::move(words), [=](World& world) {
            make(world);
            return world.run_command({"-s", "model.weights=w.pth"});
          }};
}

/// `run` on images that `spoil` has changed.
BadInput images(std::string name, int code, std::vector<std::string> words,
                std::function<void(World&)> spoil) {
  return {std::move(name), code, std::move(words), [=](World& world) {
            spoil(world);
            return world.run_command({"-s", "data.subset.count=12"});
          }};
}

/// `mirrortune all…` in a folder that holds a good w.safetensors.
BadInput beside_weights(std::string name, int code, std::vector<std::string> all,
                        std::vector<std::string> words) {
  return {std::move(name), code, std::move(words), [=](World& world) {
            write_state(world / "w.safetensors");
            return world.command(all);
          }};
}

void copy_weights(const World& world, const std::string& fixture_name) {
  fs::copy_file(fixture("weights/" + fixture_name), world / "w.pth");
}

INSTANTIATE_TEST_SUITE_P(
    Weights, BadInputs,
    testing::Values(
        weights("missing_file", 66, {"w.pth", "No such file"}, [](World&) {}),
        weights("foreign_global", 65, {"w.pth"}, [](World& world) { copy_weights(world, "foreign.pth"); }),
        weights("whole_module", 65, {"w.pth"}, [](World& world) { copy_weights(world, "whole_module.pth"); }),
        weights("torchscript", 65, {"w.pth"}, [](World& world) { copy_weights(world, "torchscript.pt"); }),
        weights("tar", 65, {"w.pth"}, [](World& world) { copy_weights(world, "tar.pth"); }),
        weights("another_network", 65, {"w.pth"}, [](World& world) { copy_weights(world, "network.pth"); }),
        weights("no_weights_at_all", 65, {"w.pth"},
                [](World& world) { world.write("w.pth", "hello, I am text\n"); }),
        weights("empty_file", 65, {"w.pth"}, [](World& world) { world.write("w.pth", ""); }),
        BadInput{"flipped_byte",
                 65,
                 {"w.pth", "CRC"},
                 [](World& world) {
                   copy_weights(world, "network.pth");
                   std::string bytes = world.read("w.pth");
                   bytes[bytes.find("data/0") + 140] ^= 1;
                   world.write("w.pth", bytes);
                   return world.command({"weights", "inspect", "w.pth", "--values"});
                 }},
        weights("truncated_file", 65, {"w.pth"},
                [](World& world) {
                  write_state(world / "w.pth");
                  fs::resize_file(world / "w.pth", fs::file_size(world / "w.pth") / 2);
                }),
        BadInput{"two_hundred_classes",
                 65,
                 {"head fc has 200 classes", "asks for 1000"},
                 [](World& world) {
                   write_state(world / "w.pth", {.classes = 200});
                   std::string classes;
                   for (const auto& folder : fs::directory_iterator(world / "images")) {
                     classes += folder.path().filename().string() + "\n";
                   }
                   for (int i = 2; i < 1000; ++i) classes += "class" + std::to_string(i) + "\n";
                   world.write("classes.txt", classes);
                   return world.run_command({"-s", "model.weights=w.pth", "-s", "model.classes=1000", "-s",
                                             "data.class_order=classes.txt"});
                 }},
        weights("wrong_shape", 65, {"conv1.0.weight", "[25, 3, 3, 3]", "[24, 3, 3, 3]"},
                [](World& world) { write_state(world / "w.pth", {.reshaped = "conv1.0.weight"}); }),
        weights("missing_tensor", 65, {"conv5.0.weight"},
                [](World& world) { write_state(world / "w.pth", {.left_out = "conv5.0.weight"}); }),
        weights("unexpected_tensor", 65, {"extra.weight"},
                [](World& world) { write_state(world / "w.pth", {.added = "extra.weight"}); }),
        weights("nan_weights", 65, {"conv1.0.weight", "allow_nonfinite"},
                [](World& world) { write_state(world / "w.pth", {.nan = true}); }),
        weights("weights_fifo", 65, {"w.pth", "not a regular file"},
                [](World& world) { mkfifo((world / "w.pth").c_str(), 0644); }),
        BadInput{"inspect_truncated",
                 65,
                 {"w.safetensors"},
                 [](World& world) {
                   write_state(world / "w.safetensors");
                   fs::resize_file(world / "w.safetensors", 1000);
                   return world.command({"weights", "inspect", "w.safetensors"});
                 }},
        beside_weights("convert_onto_a_file", 73, {"weights", "convert", "w.safetensors", "exp.yaml"},
                       {"exp.yaml"}),
        beside_weights("pair_missing", 66, {"analyze", "--pair", "w.safetensors", "nowhere.pth"},
                       {"nowhere.pth"}),
        beside_weights("forward_without_input_tensor", 65,
                       {"models", "forward", "shufflenet_v2_x0_5", "--weights", "w.safetensors", "--input",
                        "w.safetensors", "--output", "y.safetensors"},
                       {"w.safetensors", "no tensor 'input'"}),
        BadInput{"replay_without_gradients",
                 65,
                 {"g.safetensors", "'a.0'", "the first gradient of"},
                 [](World& world) {
                   write_vectors(world / "w.safetensors", {{"a", {1, 2}}});
                   write_vectors(world / "g.safetensors", {{"b.0", {1, 2}}});
                   return world.command({"replay", "--weights", "w.safetensors", "--grads", "g.safetensors",
                                         "--potential", "2-norm", "--lr", "0.1", "-o", "y.safetensors"});
                 }}),
    BadInputs::name_of);

INSTANTIATE_TEST_SUITE_P(
    Images, BadInputs,
    testing::Values(
        images("root_missing", 66, {"images"}, [](World& world) { fs::remove_all(world / "images"); }),
        images("root_empty", 65, {"images"},
               [](World& world) {
                 fs::remove_all(world / "images");
                 fs::create_directory(world / "images");
               }),
        images("empty_class", 65, {"star_plain"},
               [](World& world) {
                 fs::remove_all(world / "images/star_plain");
                 fs::create_directory(world / "images/star_plain");
               }),
        images("one_class_too_many", 65, {"3", "2"},
               [](World& world) { fs::copy(world / "images/star_plain", world / "images/third"); }),
        images("text_named_jpg", 65, {"disc_plain/a.jpg"},
               [](World& world) {
                 fs::remove_all(world / "images/disc_plain");
                 fs::create_directory(world / "images/disc_plain");
                 for (const char* name : {"a", "b", "c", "d", "e", "f", "g", "h"}) {
                   world.write(std::string("images/disc_plain/") + name + ".jpg", "not an image\n");
                 }
               }),
        images("truncated_jpeg", 65, {"disc_plain/", "Premature end of JPEG"},
               [](World& world) {
                 for (const auto& entry : fs::directory_iterator(world / "images/disc_plain")) {
                   fs::resize_file(entry, fs::file_size(entry) * 2 / 3);
                 }
               }),
        images("giant_png", 65, {"star_plain/giant", "20000"},
               [](World& world) {
                 fs::remove_all(world / "images/star_plain");
                 fs::create_directory(world / "images/star_plain");
                 for (int i = 0; i < 8; ++i) {
                   world.write("images/star_plain/giant" + std::to_string(i) + ".png", png_header(20'000));
                 }
               }),
        images("fifo_in_the_folder", 65, {"disc_plain", "'pipe.jpg' in it is a FIFO"},
               [](World& world) { mkfifo((world / "images/disc_plain/pipe.jpg").c_str(), 0644); }),
        run_with("root_no_idx_file", 65, {"-s", "data.root=exp.yaml"},
                 {"exp.yaml", "it is not an IDX file: it begins with"}),
        BadInput{"idx_of_another_md5",
                 65,
                 {"train-images-idx3-ubyte.gz", "MD5", "0123456789abcdef0123456789abcdef"},
                 [](World& world) {
                   run(world.command({"data", "synth", "--out", "mnist", "--digits", "--count", "20"}));
                   return world.run_command({"-s", "data.root=mnist/train-images-idx3-ubyte.gz", "-s",
                                             "data.md5=[0123456789abcdef0123456789abcdef, "
                                             "fedcba9876543210fedcba9876543210]"});
                 }},
        run_with("one_image_left_for_batch_norm", 78,
                 {"-s", "grid.model=[shufflenet_v2_x0_5, simsiam_resnet18]", "-s", "data.subset.count=11"},
                 {"simsiam_resnet18", "of 11 images in batches of 5 one is left over"}),
        run_with("rows_of_another_size", 78, {"-s", "grid.model=[elman_rnn_h100]"},
                 {"elman_rnn_h100", "rows of 28 pixels", "the resolution is 32"}),
        run_with("more_images_asked_than_there", 65, {"-s", "data.subset.count=1000"}, {"16"}),
        run_with("label_file_missing", 66, {"-s", "data.labels=labels.txt"}, {"labels.txt"}),
        run_with("class_order_missing", 66, {"-s", "data.class_order=classes.txt"}, {"classes.txt"}),
        BadInput{
            "cache_of_another_preprocessing",
            65,
            {"torchvision"},
            [](World& world) {
              run(world.command(
                  {"data", "pack", "images", "--out", "cache", "--resolution", "32", "--crop-ratio", "1"}));
              return world.run_command({"-s", "data.root=cache", "-s", "data.preprocessing=torchvision"});
            }},
        command_line("synth_onto_a_folder", 73, {"data", "synth", "--out", "images", "--count", "16"},
                     {"images"}),
        command_line("pack_onto_a_folder", 73, {"data", "pack", "images", "--out", "images"}, {"images"})),
    BadInputs::name_of);

}  // namespace
}  // namespace mirrortune::test
