#include "gateway/base/base64.h"

#include <gtest/gtest.h>

namespace gateway {
namespace {

TEST(Base64, DecodesTheVectorsOfTheRfc) {
  EXPECT_EQ("", decode_base64(""));
  EXPECT_EQ("f", decode_base64("Zg=="));
  EXPECT_EQ("fo", decode_base64("Zm8="));
  EXPECT_EQ("foo", decode_base64("Zm9v"));
  EXPECT_EQ("foob", decode_base64("Zm9vYg=="));
  EXPECT_EQ("fooba", decode_base64("Zm9vYmE="));
  EXPECT_EQ("foobar", decode_base64("Zm9vYmFy"));
}

TEST(Base64, EncodesWhatItDecodes) {
  for (auto const* const text : {"", "Zg==", "Zm8=", "Zm9v", "Zm9vYg==", "++//"})
    EXPECT_EQ(text, encode_base64(*decode_base64(text)));
}

TEST(Base64, DecodesAllDigits) {
  EXPECT_EQ("\xFB\xEF\xFF", decode_base64("++//"));
  EXPECT_EQ(48, decode_base64("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/")->size());
}

TEST(Base64, RejectsWhatIsNotCanonical) {
  for (auto const* const text : {"Z", "Zg", "Zg=", "Zg===", "====", "=", "Z===", "Zg==Zg==", "Zh==", "Zm9=", "Zm9v\n",
                                 "Zm 9", "Zm-_", "Zg==\r\n"}) {
    EXPECT_EQ(std::nullopt, decode_base64(text)) << text;
  }
}

}  // namespace
}  // namespace gateway
