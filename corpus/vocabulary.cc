#include "corpus/vocabulary.h"

#include "corpus/wire_text.h"

namespace tagtill::corpus {
namespace {

// One language as it is written down here: lists parted by single spaces.
struct LanguageSource {
  std::string_view code;
  bool spaced;
  bool latin_names;
  std::string_view words;
  std::string_view tags;
  std::string_view regions;
};

constexpr std::array<LanguageSource, kLanguageCount> kLanguages{{
    {"en", true, true,
     "the a to and of in is it you that my with for on this have not but just so be at we "
     "all like out what when get now one time good day really today people never always "
     "morning coffee train music again about because something nothing everyone tonight "
     "weekend waiting yesterday tomorrow window garden kitchen river mountain story I'm "
     "don't can't it's",
     "café naïve déjàvu", "US GB CA AU"},
    {"ja", false, false,
     "今日 は 明日 も 朝 の 電車 が とても 寒い です 昼 ごはん を 食べた 音楽 聴く 公園 で 散歩 "
     "した 猫 かわいい 眠い 早く 帰りたい 雨 降って きた 写真 新しい 本 読んだ 友達 と 会う "
     "コーヒー おいしい ありがとう おはよう おやすみ なさい 仕事 終わった 週末 楽しみ すごい "
     "だけど から ました ね よ 、 。 ！ ・・・",
     "朝ごはん 写真 読書 散歩 おはよう 週末 コーヒー好き 猫の日", "JP"},
    {"es", true, true,
     "el la de que y en un una no es por con para los se lo más pero muy hoy mañana día "
     "noche todo nada siempre nunca gracias café música ciudad amigo corazón también está "
     "aquí cuando donde porque tiempo lluvia ventana montaña río libro canción quiero tengo "
     "vamos feliz",
     "canción corazón mañana domingoenfamilia Buenosdías", "ES MX AR CO"},
    {"th", false, false,
     "วันนี้ อากาศ ดี มาก ไป กิน ข้าว กับ เพื่อน ที่ บ้าน แล้ว ก็ ฝน ตก อีก ชอบ เพลง นี้ น่ารัก "
     "คิดถึง ง่วง นอน ทำงาน เสร็จ กลับ พรุ่งนี้ เจอกัน ขอบคุณ สวัสดี ตอนเช้า กาแฟ อร่อย หนังสือ "
     "เล่ม ใหม่ ทะเล ภูเขา แมว สนุก จริง ไม่ ได้",
     "สวัสดี กาแฟ ทะเล หนังสือ เพลงใหม่", "TH"},
    {"ar", true, false,
     "في من على إلى هذا هذه كل يوم صباح الخير مساء القهوة الكتاب الموسيقى المطر البحر "
     "الجبل صديق بيت مدينة جميل جديد قديم كبير صغير شكرا غدا أمس الآن ليل نهار نور قلب "
     "طريق حديقة نافذة قطار سفر حكاية لا ما كان يكون، ثم",
     "صباح_الخير قهوة موسيقى سفر كتاب", "SA EG AE"},
    {"pt", true, true,
     "o a de que e em um uma não é por com para os se mais mas muito hoje amanhã dia noite "
     "tudo nada sempre nunca obrigado café música cidade amigo coração também está aqui "
     "quando onde porque tempo chuva janela montanha rio livro canção quero tenho vamos feliz",
     "coração manhã canção bomdia SegundaFeira", "BR PT"},
    {"ko", true, false,
     "오늘 내일 아침 저녁 날씨 정말 좋아요 커피 음악 친구 집 학교 회사 기차 비가 와요 눈이 "
     "산 바다 고양이 강아지 사진 책 읽고 싶다 먹고 자고 있어요 그리고 하지만 너무 아주 조금 "
     "감사합니다 안녕하세요 주말 여행 생각 이야기 노래",
     "커피 아침 여행 고양이 주말 노래추천", "KR"},
    {"in", true, true,
     "yang di dan ini itu aku kamu tidak ada sudah mau pergi makan minum pagi siang malam "
     "hari besok kemarin teman rumah sekolah kopi musik hujan laut gunung buku lagu foto "
     "kucing senang sedih lucu sekali juga tapi karena kalau selalu terima kasih selamat "
     "tidur bangun jalan jendela",
     "selamatpagi kopipagi MalamMinggu", "ID MY"},
    {"tr", true, true,
     "bir bu ve için çok güzel bugün yarın dün sabah akşam gece kahve müzik kitap şarkı "
     "arkadaş ev okul iş deniz dağ yağmur kar kedi köpek fotoğraf yol pencere bahçe şehir "
     "mutlu üzgün her hiç ama sonra önce şimdi teşekkürler günaydın gibi daha",
     "günaydın müzik kahvekeyfi şarkı", "TR"},
    {"fr", true, true,
     "le la les de des un une et en que qui ne pas est pour avec sur ce je tu il nous vous "
     "très bien aujourd'hui demain hier matin soir nuit café musique livre chanson ami "
     "maison école été pluie mer montagne chat chien fenêtre jardin toujours jamais merci "
     "déjà où",
     "été matinée chanson bonjour LundiMatin", "FR BE"},
    {"ru", true, false,
     "и в не на я что это с как но он мы сегодня завтра вчера утро вечер ночь день кофе "
     "музыка книга песня друг дом школа работа море гора дождь снег кошка собака фото "
     "дорога окно сад город всегда никогда спасибо хорошо очень потом ещё всё",
     "утро кофе Музыка книги осень", "RU KZ"},
    {"de", true, true,
     "der die das und ist nicht ein eine ich du er wir mit auf für von zu im am heute "
     "morgen gestern Abend Nacht Tag Kaffee Musik Buch Lied Freund Haus Schule Arbeit Meer "
     "Berg Regen Schnee Katze Hund Foto Straße Fenster Garten Stadt immer nie danke schön "
     "sehr früh",
     "Frühstück schönertag Kaffeezeit gutenmorgen", "DE AT CH"},
}};

constexpr std::string_view kPlainTags =
    "weekend coffee photography travel music sunset garden reading running breakfast "
    "nature cooking football winter summer friends vintage handmade art design";
constexpr std::string_view kCapitalTags =
    "MorningRun NowReading SundayMood GardenDiary TravelNotes OldVinyl CoffeeTime "
    "WeekendPlans RainyDay HomeMade CityWalk NightTrain Winter2017 BookClub OpenWindow "
    "TeamBlue FinalRound LiveTonight";
constexpr std::string_view kEmoji =
    "😀 😂 😍 😊 😭 🎉 🌸 🔥 💙 👏 🌊 🍜 "
    "☕️😌 🚲 📷 🎶 🐈 🌙 🙏🏽 👍🏻 🇯🇵";
constexpr std::string_view kSymbols = "♪ ♡ ★ … → ☆ ♥ ✨ ☀ 、 ー ~ :) :D ^^";
// `1` + U+20E3 is a keycap, `#` + U+FE0F + U+20E3 too; the others hold no letter or stand
// behind one.
constexpr std::string_view kIdleSigns = "# #1 #2017 ## #️⃣ no#tag C# F#m7 #- #!";
constexpr std::string_view kEntities = "&amp; &lt;3 &gt;_&lt; &gt;&gt; R&amp;B &lt;-";
constexpr std::string_view kSyllables =
    "ba ce di fo gu ha je ki lo mu na pe qui ro su ta ve wi xo yu zan mer lin tor vel dra "
    "nim osk pla fen gri hol";
// The first is the commonest. The last has a sign in its link, as one client's had.
constexpr std::array<std::string_view, 8> kSources{
    R"(<a href="http://app.example.com/download/phone" rel="nofollow">Murmur for Phone</a>)",
    R"(<a href="http://app.example.com/download/robot" rel="nofollow">Murmur for Robot</a>)",
    R"(<a href="http://web.example.com" rel="nofollow">Murmur Web Client</a>)",
    R"(<a href="https://deck.example.com/columns" rel="nofollow">Murmur Deck</a>)",
    "web",
    R"(<a href="http://robots.example.net/scheduler" rel="nofollow">Evenly Spaced</a>)",
    R"(<a href="http://lite.example.com/m2" rel="nofollow">Murmur Lite</a>)",
    R"(<a href="http://app.example.com/#!/download/pad" rel="nofollow">Murmur for Pad</a>)",
};
constexpr std::array<std::string_view, 8> kTimeZones{"Pacific Time (US & Canada)",
                                                     "Tokyo",
                                                     "London",
                                                     "Eastern Time (US & Canada)",
                                                     "Madrid",
                                                     "Jakarta",
                                                     "Brasilia",
                                                     "Central Time (US & Canada)"};

template <typename Use>
void for_each_word(std::string_view list, const Use& use) {
  while (!list.empty()) {
    const std::size_t end = list.find(' ');
    if (end != 0) {
      use(list.substr(0, end));
    }
    if (end == std::string_view::npos) {
      return;
    }
    list.remove_prefix(end + 1);
  }
}

std::vector<WireWord> wire_words(std::string_view list) {
  std::vector<WireWord> words;
  for_each_word(list, [&](std::string_view word) { words.push_back(make_wire_word(word)); });
  return words;
}

}  // namespace

WireWord make_wire_word(std::string_view utf8) {
  return WireWord{to_wire(utf8), count_code_points(utf8)};
}

Vocabulary::Vocabulary()
    : plain_tags_(wire_words(kPlainTags)),
      capital_tags_(wire_words(kCapitalTags)),
      emoji_(wire_words(kEmoji)),
      symbols_(wire_words(kSymbols)),
      idle_signs_(wire_words(kIdleSigns)),
      entities_(wire_words(kEntities)) {
  for (std::size_t at = 0; at < kLanguageCount; ++at) {
    const LanguageSource& source = kLanguages[at];
    LanguageWords& language = languages_[at];
    language.code = source.code;
    language.spaced = source.spaced;
    language.latin_names = source.latin_names;
    language.words = wire_words(source.words);
    language.tags = wire_words(source.tags);
    for_each_word(source.regions, [&](std::string_view code) { language.regions.push_back(code); });
  }
  for (const std::string_view source : kSources) {
    sources_.push_back(to_wire(source));
  }
  for (const std::string_view zone : kTimeZones) {
    time_zones_.push_back(to_wire(zone));
  }
  for_each_word(kSyllables, [&](std::string_view syllable) { syllables_.push_back(syllable); });
}

}  // namespace tagtill::corpus
