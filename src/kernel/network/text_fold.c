/* Folding by one table of code points below U+3100; Hangul syllables, which are computed, and the full-width
 * forms are apart. A table in the source was chosen over ICU's transliterators: it costs some
 * kilobytes instead of a large dependency, and the folding never changes with the machine's version of
 * Unicode, so neither do the identities. */
#include "kernel/network/text_fold.h"
#include "base/mem.h"

#include <string.h>

enum { TABLE_END = 0x3100, KEEP = 0, SPACE = 254, DROP = 255 };

typedef struct fold_row {
    const char *to, *from;
} fold_row;

/* Romanisation: Latin by its base letter; Greek after ELOT 743; Cyrillic after BGN/PCGN without its
 * apostrophes (Russian, Ukrainian, Serbian, Macedonian letters); kana after Hepburn. */
static const fold_row rows[] = {
    {"1", "¹"},
    {"2", "²"},
    {"3", "³"},
    {"a", "ªÀÁÂÃÄÅàáâãäåĀāĂăĄąƏǍǎǞǟǠǡǺǻȀȁȂȃȦȧəΆΑάαАаḀḁẠạẢảẤấẦầẨẩẪẫẬậẮắẰằẲẳẴẵẶặἀἁἂἃἄ"
          "ἅἆἇἈἉἊἋἌἍἎἏὰάᾀᾁᾂᾃᾄᾅᾆᾇᾈᾉᾊᾋᾌᾍᾎᾏᾰᾱᾲᾳᾴᾶᾷᾸᾹᾺΆᾼぁあァア"},
    {"b", "ƀƁɃɓБбḂḃḄḅḆḇ"},
    {"c", "ÇçĆćĈĉĊċČčЋћḈḉ"},
    {"d", "ÐðĎďĐđƊɗΔδДдḊḋḌḍḎḏḐḑḒḓ"},
    {"e", "ÈÉÊËèéêëĒēĔĕĖėĘęĚěȄȅȆȇȨȩΈΕέεЁЕЭеэёḔḕḖḗḘḙḚḛḜḝẸẹẺẻẼẽẾếỀềỂểỄễỆệἐἑἒἓἔἕἘἙἚἛἜἝ"
          "ὲέῈΈぇえゑェエヱ"},
    {"f", "ƑƒΦφФфḞḟ"},
    {"g", "ĜĝĞğĠġĢģǦǧǴǵΓγЃГгѓҐґḠḡ"},
    {"h", "ĤĥĦħȞȟḢḣḤḥḦḧḨḩḪḫẖ"},
    {"i", "ÌÍÎÏìíîïĨĩĪīĬĭĮįİıǏǐȈȉȊȋΉΊΐΗΙΪήίηιϊІИиіḬḭḮḯỈỉỊịἠἡἢἣἤἥἦἧἨἩἪἫἬἭἮἯἰἱἲἳἴἵἶἷἸ"
          "ἹἺἻἼἽἾἿὴήὶίᾐᾑᾒᾓᾔᾕᾖᾗᾘᾙᾚᾛᾜᾝᾞᾟιῂῃῄῆῇῊΉῌῐῑῒΐῖῗῘῙῚΊぃいゐィイヰ"},
    {"j", "ĴĵǰЈј"},
    {"k", "ĶķĸƘƙǨǩΚκЌКкќḰḱḲḳḴḵ"},
    {"l", "ĹĺĻļĽľĿŀŁłΛλЛлḶḷḸḹḺḻḼḽ"},
    {"m", "µΜμМмḾḿṀṁṂṃ"},
    {"n", "ÑñŃńŅņŇňŉŊŋǸǹΝνНнṄṅṆṇṈṉṊṋんン"},
    {"o", "ºÒÓÔÕÖØòóôõöøŌōŎŏŐőƠơǑǒǪǫǬǭǾǿȌȍȎȏȪȫȬȭȮȯȰȱΌΏΟΩοωόώОоṌṍṎṏṐṑṒṓỌọỎỏỐốỒồỔổỖỗỘ"
          "ộỚớỜờỞởỠỡỢợὀὁὂὃὄὅὈὉὊὋὌὍὠὡὢὣὤὥὦὧὨὩὪὫὬὭὮὯὸόὼώᾠᾡᾢᾣᾤᾥᾦᾧᾨᾩᾪᾫᾬᾭᾮᾯῲῳῴῶῷῸΌῺΏῼぉおを"
          "ォオヲ"},
    {"p", "ΠπПпṔṕṖṗ"},
    {"r", "ŔŕŖŗŘřȐȑȒȓΡρРрṘṙṚṛṜṝṞṟῤῥῬ"},
    {"s", "ŚśŜŝŞşŠšſȘșΣςσСсṠṡṢṣṤṥṦṧṨṩ"},
    {"t", "ŢţŤťŦŧȚțΤτТтṪṫṬṭṮṯṰṱẗ"},
    {"u", "ÙÚÛÜùúûüŨũŪūŬŭŮůŰűŲųƯưǓǔǕǖǗǘǙǚǛǜȔȕȖȗЎУуўṲṳṴṵṶṷṸṹṺṻỤụỦủỨứỪừỬửỮữỰựぅうゥウ"},
    {"v", "ΒβВвṼṽṾṿ"},
    {"w", "ŴŵẀẁẂẃẄẅẆẇẈẉẘ"},
    {"x", "ΞξẊẋẌẍ"},
    {"y", "ÝýÿŶŷŸȲȳΎΥΫΰυϋύЙЫйыẎẏẙỲỳỴỵỶỷỸỹὐὑὒὓὔὕὖὗὙὛὝὟὺύῠῡῢΰῦῧῨῩῪΎ"},
    {"z", "ŹźŻżŽžƵƶΖζЗзẐẑẒẓẔẕ"},
    {"ae", "ÆæǼǽ"},
    {"ba", "ばバ"},
    {"be", "べベ"},
    {"bi", "びビ"},
    {"bo", "ぼボ"},
    {"bu", "ぶブ"},
    {"ch", "ΧχЧч"},
    {"da", "だダ"},
    {"de", "でデ"},
    {"dj", "Ђђ"},
    {"do", "どド"},
    {"dz", "ǄǅǆǱǲǳЅЏѕџ"},
    {"fu", "ふフ"},
    {"ga", "がガ"},
    {"ge", "げゲ"},
    {"gi", "ぎギ"},
    {"go", "ごゴ"},
    {"gu", "ぐグ"},
    {"ha", "はハ"},
    {"he", "へヘ"},
    {"hi", "ひヒ"},
    {"ho", "ほホ"},
    {"ij", "Ĳĳ"},
    {"ji", "じぢジヂ"},
    {"ka", "かゕカヵ"},
    {"ke", "けゖケヶ"},
    {"kh", "Хх"},
    {"ki", "きキ"},
    {"ko", "こコ"},
    {"ku", "くク"},
    {"lj", "ǇǈǉЉљ"},
    {"ma", "まマ"},
    {"me", "めメ"},
    {"mi", "みミ"},
    {"mo", "もモ"},
    {"mu", "むム"},
    {"na", "なナ"},
    {"ne", "ねネ"},
    {"ni", "にニ"},
    {"nj", "ǊǋǌЊњ"},
    {"no", "のノ"},
    {"nu", "ぬヌ"},
    {"oe", "Œœ"},
    {"pa", "ぱパ"},
    {"pe", "ぺペ"},
    {"pi", "ぴピ"},
    {"po", "ぽポ"},
    {"ps", "Ψψ"},
    {"pu", "ぷプ"},
    {"ra", "らラ"},
    {"re", "れレ"},
    {"ri", "りリ"},
    {"ro", "ろロ"},
    {"ru", "るル"},
    {"sa", "さサ"},
    {"se", "せセ"},
    {"sh", "Шш"},
    {"so", "そソ"},
    {"ss", "ßẞ"},
    {"su", "すス"},
    {"ta", "たタ"},
    {"te", "てテ"},
    {"th", "ÞþΘθϴ"},
    {"to", "とト"},
    {"ts", "Цц"},
    {"vu", "ゔヴ"},
    {"wa", "ゎわヮワ"},
    {"ya", "Яяゃやャヤ"},
    {"ye", "Єє"},
    {"yi", "Її"},
    {"yo", "ょよョヨ"},
    {"yu", "Ююゅゆュユ"},
    {"za", "ざザ"},
    {"ze", "ぜゼ"},
    {"zh", "Жж"},
    {"zo", "ぞゾ"},
    {"zu", "ずづズヅ"},
    {"chi", "ちチ"},
    {"shi", "しシ"},
    {"tsu", "つツ"},
    {"shch", "Щщ"},
};

/* Code points that vanish: combining accents, Cyrillic soft and hard sign, soft hyphen, zero-width marks, the
 * kana length mark and the small tsu (a doubled consonant; doubled letters are not compared). */
static const uint32_t dropped[][2] = {{0xAD, 0xAD},     {0x2B0, 0x2FF},   {0x300, 0x36F},   {0x42A, 0x42A},
                                      {0x42C, 0x42C},   {0x44A, 0x44A},   {0x44C, 0x44C},   {0x483, 0x489},
                                      {0x200B, 0x200F}, {0x2060, 0x2064}, {0x3063, 0x3063}, {0x30C3, 0x30C3},
                                      {0x30FC, 0x30FC}};
/* Code points that part words. */
static const uint32_t spaces[][2] = {{0x01, 0x26},     {0x28, 0x2F},     {0x3A, 0x40},     {0x5B, 0x5F},
                                     {0x7B, 0xA9},     {0xAB, 0xAC},     {0xAE, 0xB1},     {0xB6, 0xB8},
                                     {0xBB, 0xBF},     {0xD7, 0xD7},     {0xF7, 0xF7},     {0x387, 0x387},
                                     {0x2000, 0x200A}, {0x2010, 0x2017}, {0x201A, 0x205F}, {0x2065, 0x2BFF},
                                     {0x3000, 0x3004}, {0x3008, 0x3020}, {0x30FB, 0x30FB}};

struct agl_fold {
    uint8_t row[TABLE_END]; /* 1 + index into rows, or one of the marks above */
};

_Static_assert(sizeof rows / sizeof rows[0] < SPACE, "row numbers fit a byte");

/* Bytes of the character that begins with this byte; 0 when none does. */
static size_t utf8_length(unsigned char first) {
    if (first < 0x80) return 1;
    if (first < 0xC2 || first > 0xF4) return 0;
    return first < 0xE0 ? 2 : first < 0xF0 ? 3 : 4;
}

/* Overlong forms, surrogates and numbers beyond the last code point are not UTF-8. */
static bool is_scalar(uint32_t code, size_t length) {
    static const uint32_t smallest[] = {0, 0, 0x80, 0x800, 0x10000};
    return code >= smallest[length] && code <= 0x10FFFF && (code < 0xD800 || code > 0xDFFF);
}

uint32_t agl__utf8_read(const char **text) {
    const unsigned char *s = (const unsigned char *)*text;
    if (s[0] == 0) return 0;
    size_t length = utf8_length(s[0]), k = 1;
    uint32_t code = length > 1 ? s[0] & (0x7Fu >> length) : s[0];
    for (; k < length && (s[k] & 0xC0) == 0x80; k++)
        code = code << 6 | (s[k] & 0x3Fu);
    bool valid = length > 0 && k == length && is_scalar(code, length);
    *text += valid ? length : 1;
    return valid ? code : s[0]; /* not UTF-8: one byte of Latin-1 */
}

size_t agl__utf8_put(char *out, uint32_t code) {
    if (code < 0x80) {
        out[0] = (char)code;
        return 1;
    }
    size_t extra = code < 0x800 ? 1 : code < 0x10000 ? 2 : 3;
    static const unsigned lead[] = {0, 0xC0, 0xE0, 0xF0};
    out[0] = (char)(lead[extra] | code >> (6 * extra));
    for (size_t k = 1; k <= extra; k++)
        out[k] = (char)(0x80 | (code >> (6 * (extra - k)) & 0x3F));
    return extra + 1;
}

bool agl__is_han(uint32_t code) {
    return (code >= 0x3400 && code < 0xA000) || (code >= 0xF900 && code < 0xFB00) ||
           (code >= 0x20000 && code < 0x40000) || code == 0x3005 || code == 0x3007;
}

static void mark(agl_fold *fold, const uint32_t (*ranges)[2], size_t n, uint8_t value) {
    for (size_t k = 0; k < n; k++)
        for (uint32_t code = ranges[k][0]; code <= ranges[k][1]; code++)
            fold->row[code] = value;
}

agl_status agl__fold_new(agl_fold **out, agl_error *err) {
    agl_fold *fold = AGL_NEW(agl_fold, 1);
    if (!fold) return agl_fail_memory(err);
    mark(fold, spaces, sizeof spaces / sizeof spaces[0], SPACE);
    mark(fold, dropped, sizeof dropped / sizeof dropped[0], DROP);
    for (size_t r = 0; r < sizeof rows / sizeof rows[0]; r++) {
        const char *from = rows[r].from;
        for (uint32_t code = agl__utf8_read(&from); code; code = agl__utf8_read(&from))
            if (code < TABLE_END) fold->row[code] = (uint8_t)(r + 1);
    }
    *out = fold;
    return AGL_OK;
}

void agl__fold_free(agl_fold *fold) { free(fold); }

/* Revised Romanisation, letter by letter (without the sound changes between syllables). */
static size_t put_hangul(char *out, uint32_t code) {
    static const char *const initial[] = {"g",  "kk", "n", "d",  "tt", "r", "m", "b", "pp", "s",
                                          "ss", "",   "j", "jj", "ch", "k", "t", "p", "h"};
    static const char *const vowel[] = {"a",  "ae", "ya", "yae", "eo", "e",  "yeo", "ye", "o",  "wa", "wae",
                                        "oe", "yo", "u",  "wo",  "we", "wi", "yu",  "eu", "ui", "i"};
    static const char *const final[] = {"",  "k",  "k", "k", "n", "n", "n", "t", "l", "k",
                                        "m", "l",  "l", "l", "p", "l", "m", "p", "p", "t",
                                        "t", "ng", "t", "t", "k", "t", "p", "t"};
    uint32_t k = code - 0xAC00;
    const char *const parts[] = {initial[k / 588], vowel[k % 588 / 28], final[k % 28]};
    size_t n = 0;
    for (size_t p = 0; p < 3; p++)
        for (const char *c = parts[p]; *c; c++)
            out[n++] = *c;
    return n;
}

/* "people's" is one word; "l'oreal" is an article and a word. */
static size_t put_apostrophe(const agl_fold *fold, char *out, const char *next) {
    uint32_t s = agl__utf8_read(&next), after = agl__utf8_read(&next);
    bool genitive =
        (s == 's' || s == 'S') && (after == 0 || (after < TABLE_END && fold->row[after] == SPACE));
    if (genitive) return 0;
    out[0] = ' ';
    return 1;
}

static size_t put_row(const agl_fold *fold, char *out, uint32_t code, uint32_t previous) {
    uint8_t row = fold->row[code];
    if (row == DROP) return 0;
    if (row == SPACE) {
        out[0] = ' ';
        return 1;
    }
    if (row == KEEP) {
        if (code >= 'A' && code <= 'Z') code += 'a' - 'A';
        return agl__utf8_put(out, code);
    }
    /* Greek omicron + upsilon is the one sound ou */
    bool ou =
        (previous == 0x39F || previous == 0x3BF || previous == 0x3CC) && strcmp(rows[row - 1].to, "y") == 0;
    const char *to = ou ? "u" : rows[row - 1].to;
    size_t n = strlen(to);
    memcpy(out, to, n);
    return n;
}

size_t agl__fold_text(const agl_fold *fold, char *out, const char *text) {
    size_t n = 0;
    uint32_t previous = 0;
    for (uint32_t code = agl__utf8_read(&text); code; code = agl__utf8_read(&text)) {
        if (code >= 0xFF01 && code <= 0xFF5E) code -= 0xFEE0; /* full-width Latin */
        if (code == '\'' || code == 0x2018 || code == 0x2019 || code == '`')
            n += put_apostrophe(fold, out + n, text);
        else if (code < TABLE_END)
            n += put_row(fold, out + n, code, previous);
        else if (code >= 0xAC00 && code < 0xD7A4)
            n += put_hangul(out + n, code);
        else if (code != 0xFEFF)
            n += agl__utf8_put(out + n, code);
        previous = code;
    }
    out[n] = '\0';
    return n;
}
