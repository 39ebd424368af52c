#include "corpus/wire_form.h"

namespace tagtill::corpus {
namespace {

constexpr WireProfile k2013Profile{
    .form = WireForm::k2013,
    //                   en   ja   es  th  ar  pt  ko  in   tr  fr  ru  de
    .language_weights = {278, 312, 62, 20, 50, 18, 26, 160, 26, 32, 30, 10},
    .delete_ppm = 102'700,
    .retweet_ppm = 200'800,
    .quote_ppm = 0,
    .reply_ppm = 300'000,
    .place_ppm = 15'000,
    .media_ppm = 41'000,
    .extended_ppm = 0,
    .original_media_ppm = 70'000,
    .original_quote_ppm = 0,
    .original_extended_ppm = 0,
    .original_tag_ppm = 280'000,
    .tag_ppm = 135'000,
    .more_tags_ppm = 420'000,
    .native_tag_ppm = 215'000,
    .capital_tag_ppm = 590'000,
    .idle_sign_ppm = 6'000,
    .url_ppm = 110'000,
    .mention_ppm = 220'000,
    .entity_ppm = 20'000,
    .text_emoji_ppm = 23'000,
    .wordless_ppm = 25'000,
    .words_max = 25,
    .name_emoji_ppm = 0,
    .bio_ppm = 890'000,
    .bio_words_max = 40,
    .bio_sign_ppm = 62'000,
    .bio_emoji_ppm = 0,
    .location_ppm = 780'000,
    .home_url_ppm = 320'000,
    .time_zone_ppm = 660'000,
    .banner_ppm = 740'000,
    .own_background_ppm = 600'000,
    .long_id_ppm = 0,
};

constexpr WireProfile k2017Profile{
    .form = WireForm::k2017,
    //                   en   ja   es  th  ar  pt  ko  in  tr  fr  ru  de
    .language_weights = {384, 180, 84, 64, 64, 62, 54, 44, 32, 24, 18, 14},
    .delete_ppm = 136'200,
    .retweet_ppm = 413'400,
    .quote_ppm = 48'000,
    .reply_ppm = 250'000,
    .place_ppm = 15'000,
    .media_ppm = 150'000,
    .extended_ppm = 28'000,
    .original_media_ppm = 540'000,
    .original_quote_ppm = 50'000,
    .original_extended_ppm = 105'000,
    .original_tag_ppm = 410'000,
    .tag_ppm = 205'000,
    .more_tags_ppm = 530'000,
    .native_tag_ppm = 235'000,
    .capital_tag_ppm = 780'000,
    .idle_sign_ppm = 14'000,
    .url_ppm = 300'000,
    .mention_ppm = 180'000,
    .entity_ppm = 20'000,
    .text_emoji_ppm = 86'000,
    .wordless_ppm = 60'000,
    .words_max = 26,
    .name_emoji_ppm = 70'000,
    .bio_ppm = 830'000,
    .bio_words_max = 30,
    .bio_sign_ppm = 60'000,
    .bio_emoji_ppm = 110'000,
    .location_ppm = 620'000,
    .home_url_ppm = 330'000,
    .time_zone_ppm = 520'000,
    .banner_ppm = 840'000,
    .own_background_ppm = 330'000,
    .long_id_ppm = 150'000,
};

}  // namespace

const WireProfile& wire_profile(WireForm form) {
  return form == WireForm::k2013 ? k2013Profile : k2017Profile;
}

}  // namespace tagtill::corpus
