#include "engine/secret.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <string>

#include "tests/temp_folder.h"

namespace tagtill {
namespace {

constexpr const char* kSecret = "0123456789abcdef0123456789abcdef";

class SecretTest : public testing::Test {
 protected:
  std::string load(std::string_view content, mode_t mode = 0600) {
    errors_ = {};
    warning_.clear();
    path_ = folder_.write("secret.key", content);
    EXPECT_EQ(::chmod(path_.c_str(), mode), 0);
    return load_secret(path_, errors_, &warning_);
  }

  TempFolder folder_;
  std::string path_;
  FileErrors errors_;
  std::string warning_;
};

TEST_F(SecretTest, P5_1_OneLineEndDoesNotBelongToIt) {
  EXPECT_EQ(load(kSecret), kSecret);
  EXPECT_EQ(load(std::string(kSecret) + "\n"), kSecret);
  EXPECT_EQ(load(std::string(kSecret) + "\r\n"), kSecret);
  EXPECT_EQ(load(std::string(kSecret) + "\n\n"), std::string(kSecret) + "\n");
  EXPECT_EQ(load(std::string(kSecret) + "\r"), std::string(kSecret) + "\r");
  EXPECT_EQ(load(std::string(kSecret) + "\r\r\n"), std::string(kSecret) + "\r");
  EXPECT_TRUE(errors_.empty());
}

TEST_F(SecretTest, P5_1_AnyBytesWillDo) {
  const std::string bytes = std::string(31, '\0') + "\xFF";
  EXPECT_EQ(load(bytes), bytes);
}

TEST_F(SecretTest, P5_1_AShortOneIsRefused) {
  EXPECT_EQ(load("0123456789abcdef0123456789abcde\n"), "");
  ASSERT_EQ(errors_.count(), 1U);
  EXPECT_EQ(errors_.shown()[0],
            path_ +
                ": the secret has 31 bytes, but needs at least 32: write random "
                "ones, as of `openssl rand -hex 32`");
  EXPECT_EQ(load(""), "");
  EXPECT_EQ(errors_.count(), 1U);
}

TEST_F(SecretTest, ALargeFileIsNoSecret) {
  EXPECT_EQ(load(std::string(kSecretBytesMax, 'x') + "\r\n").size(), kSecretBytesMax);
  EXPECT_TRUE(errors_.empty());
  EXPECT_EQ(load(std::string(kSecretBytesMax + 1, 'x')), "");
  EXPECT_EQ(errors_.count(), 1U);
  EXPECT_EQ(load(std::string(10 * kSecretBytesMax, '\n')), "");
  EXPECT_EQ(errors_.count(), 1U);
}

TEST_F(SecretTest, OneThatOthersCanReadGetsAWarning) {
  (void)load(kSecret, 0600);
  EXPECT_EQ(warning_, "");
  (void)load(kSecret, 0400);
  EXPECT_EQ(warning_, "");
  EXPECT_EQ(load(kSecret, 0644), kSecret);
  EXPECT_EQ(warning_, path_ +
                          ": others than its owner may touch this secret (mode 0644), and could "
                          "confirm purchases with it: chmod 600 it");
  (void)load(kSecret, 0620);
  EXPECT_NE(warning_, "");
  EXPECT_TRUE(errors_.empty());
  EXPECT_EQ(load_secret(path_, errors_, nullptr), kSecret);
}

TEST_F(SecretTest, WhatCannotBeReadIsSaidWithItsReason) {
  const std::string missing = folder_.path("none.key");
  EXPECT_EQ(load_secret(missing, errors_, &warning_), "");
  const std::string folder = folder_.path("");
  EXPECT_EQ(load_secret(folder, errors_, &warning_), "");
  ASSERT_EQ(errors_.count(), 2U);
  EXPECT_EQ(errors_.shown()[0], missing + ": cannot be opened: No such file or directory");
  EXPECT_EQ(errors_.shown()[1], folder + ": cannot be read: Is a directory");
  EXPECT_EQ(warning_, "");
}

}  // namespace
}  // namespace tagtill
