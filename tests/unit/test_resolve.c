/* Organisation identities: the promises of the header, the parts on small cases, and hostile input. */
#include "agglo/resolve.h"
#include "base/rng.h"
#include "kernel/network/name_similarity.h"
#include "kernel/network/org_name.h"
#include "kernel/network/text_fold.h"
#include "unit.h"

#include <math.h>
#include <string.h>

static void check_fold(const char *text, const char *expected) {
    agl_fold *fold;
    char out[4000];
    ck_assert_int_eq(agl__fold_new(&fold, NULL), AGL_OK);
    size_t n = agl__fold_text(fold, out, text);
    ck_assert_str_eq(out, expected);
    ck_assert_uint_eq(n, strlen(expected));
    agl__fold_free(fold);
}

START_TEST(folding) {
    check_fold("UNIV POLITÉCNICA", "univ politecnica");
    check_fold("Łódź straße", "lodz strasse");
    check_fold("People's L'Oréal", "peoples l oreal");
    check_fold("Газпром", "gazprom");
    check_fold("Πανεπιστήμιο ΟΥΤΟΥ", "panepistimio outou");
    check_fold("삼성", "samseong");
    check_fold("トヨタ", "toyota");
    check_fold("ＡＢＢ　Ｌｔｄ", "abb ltd");
    check_fold("北京", "北京");
    check_fold("e\xCC\x81", "e"); /* a combining accent */
    check_fold("\xE9"
               "cole",
               "ecole");               /* Latin-1 that slipped in */
    check_fold("\xED\xA0\x80", "i  "); /* a surrogate is three bytes of Latin-1 */
}
END_TEST

/* Words and legal form of one name as "word word [form]". */
static void check_words(const char *name, const char *expected) {
    agl_names names;
    char out[2000] = "";
    ck_assert_int_eq(agl__names_new(&names, 1, &name, NULL), AGL_OK);
    for (size_t k = names.offset[0]; k < names.offset[1]; k++) {
        strcat(out, agl__intern_text(&names.vocabulary, names.word[k]));
        strcat(out, " ");
    }
    strcat(out, "[");
    strcat(out, agl__words_legal_name(names.form[0]));
    strcat(out, "]");
    ck_assert_str_eq(out, expected);
    agl__names_free(&names);
}

START_TEST(words) {
    check_words("BOSCH GMBH ROBERT", "bosch robert [gmbh]");
    check_words("ROBERT BOSCH MEXICO S A DE C V", "robert bosch mexico [sa de cv]");
    check_words("Foo Sp. z o.o.", "foo [spzoo]");
    check_words("Universität zu Köln", "university cologne []");
    check_words("CENTRE NATIONAL DE LA RECHERCHE SCIENTIFIQUE CNRS", "centre national research science []");
    check_words("QUALCOMMINCORPORATED", "qualcomm []");
    check_words("INSITU INC (A SUBSIDIARY OF THE BOEING COMPANY)", "insitu [inc]");
    check_words("AB Volvo", "volvo [ab]");
    check_words("I-ON Communications", "i on communications []");
    check_words("The Company Ltd", "the company ltd [co ltd]");
    check_words("深圳市大疆有限公司", "深圳 圳市 市大 大疆 []");
    check_words("Paris II", "paris 2 []");
    check_words("", "[]");
}
END_TEST

START_TEST(similarity) {
    /* the worked examples of Winkler 1990 */
    ck_assert_double_eq_tol(agl__jaro_winkler("MARTHA", 6, "MARHTA", 6), 0.96111111, 1e-8);
    ck_assert_double_eq_tol(agl__jaro_winkler("DWAYNE", 6, "DUANE", 5), 0.84, 1e-8);
    ck_assert_double_eq_tol(agl__jaro_winkler("DIXON", 5, "DICKSONX", 8), 0.81333333, 1e-8);
    ck_assert(agl__jaro_winkler("", 0, "", 0) == 1 && agl__jaro_winkler("A", 1, "", 0) == 0);
    ck_assert(agl__one_edit("abcd", "abd") && agl__one_edit("abcd", "abdc") && agl__one_edit("abcd", "abxd"));
    ck_assert(agl__one_edit("abc", "xabc") && !agl__one_edit("abc", "abc") && !agl__one_edit("abc", "bca"));
}
END_TEST

/* Actors of up to 16 names. */
static void resolve(int32_t *actor, const agl_resolve_input *input, const agl_resolve_options *options) {
    agl_resolution out;
    agl_error err = {.message = ""};
    ck_assert_msg(agl_resolve(&out, input, options, NULL, &err) == AGL_OK, "%s", err.message);
    memcpy(actor, out.actor, input->n * sizeof *actor);
    for (size_t k = 0; k < out.n_matches; k++) {
        ck_assert(out.matches[k].a < out.matches[k].b);
        ck_assert(strlen(out.matches[k].reasons) > 0);
    }
    agl_resolution_free(&out);
}

START_TEST(spellings) {
    const char *name[] = {"SAMSUNG ELECTRONICS CO LTD",
                          "Samsung Electonics Co., Ltd.",
                          "Electronics Samsung",
                          "SAMSUNG SDS CO LTD",
                          "UNIV TSINGHUA",
                          "Tsinghua University",
                          "UNIV BEIHANG",
                          "Univ Bei Hang"};
    int32_t actor[8];
    resolve(actor, &(agl_resolve_input){.n = 8, .name = name}, NULL);
    ck_assert(actor[0] == actor[1] && actor[0] == actor[2] && actor[0] != actor[3]);
    ck_assert(actor[4] == actor[5] && actor[6] == actor[7] && actor[4] != actor[6]);
}
END_TEST

START_TEST(identifiers_and_countries) {
    const char *name[] = {"Acme Robotics GmbH",  "ACME ROBOTICS GMBH",    "Acme Robotics GmbH",
                          "Ministry of Defence", "Ministerio de Defensa", "Zeta"};
    const char *identifier[] = {"1", "2", NULL, NULL, NULL, "1"};
    const char *country[] = {"DE", "DE", "DE", "NL", "ES", "DE"};
    int32_t actor[6];
    resolve(actor, &(agl_resolve_input){.n = 6, .name = name, .identifier = identifier, .country = country},
            NULL);
    ck_assert_int_ne(actor[0], actor[1]); /* two identifiers are never joined */
    ck_assert(actor[2] == actor[0] || actor[2] == actor[1]);
    ck_assert_int_ne(actor[3], actor[4]); /* common words, another country */
    ck_assert_int_eq(actor[5], actor[0]); /* the same identifier always is */
}
END_TEST

START_TEST(numbers_tell_apart) {
    const char *name[] = {"No 54 Research Institute of CETC", "No 38 Research Institute of CETC",
                          "NO. 54 RES INST OF CETC"};
    int32_t actor[3];
    resolve(actor, &(agl_resolve_input){.n = 3, .name = name}, NULL);
    ck_assert(actor[0] == actor[2] && actor[0] != actor[1]);
}
END_TEST

START_TEST(overrides) {
    const char *name[] = {"DJI", "Shenzhen Dajiang", "Alpha Beta Ltd", "ALPHA BETA LTD"};
    agl_resolve_override o[] = {{0, 1, true}, {2, 3, false}};
    int32_t actor[4];
    resolve(actor, &(agl_resolve_input){.n = 4, .name = name, .n_overrides = 2, .overrides = o}, NULL);
    ck_assert(actor[0] == actor[1] && actor[2] != actor[3]);

    agl_resolution out;
    agl_error err;
    const char *identifier[] = {"1", "2", NULL, NULL};
    agl_resolve_input input = {
        .n = 4, .name = name, .identifier = identifier, .n_overrides = 1, .overrides = o};
    ck_assert_int_eq(agl_resolve(&out, &input, NULL, NULL, &err), AGL_OK);
    ck_assert(out.refused == 1 && out.actor[0] != out.actor[1]);
    agl_resolution_free(&out);

    agl_resolve_override clash[] = {{0, 1, true}, {1, 0, false}};
    input = (agl_resolve_input){.n = 4, .name = name, .n_overrides = 2, .overrides = clash};
    ck_assert_int_eq(agl_resolve(&out, &input, NULL, NULL, &err), AGL_EDATA);
    ck_assert_ptr_nonnull(strstr(err.message, "contradict"));
    agl_resolve_override outside[] = {{0, 9, true}};
    input.overrides = outside;
    input.n_overrides = 1;
    ck_assert_int_eq(agl_resolve(&out, &input, NULL, NULL, &err), AGL_EDATA);
}
END_TEST

/* a-b and b-c are slips, a-c is not: the chain must not put a and c together. */
START_TEST(no_chains) {
    enum { STEPS = 9 };
    char text[STEPS][32];
    const char *name[STEPS];
    strcpy(text[0], "ABCDEFGHIJKL ROBOTICS GMBH");
    for (int k = 1; k < STEPS; k++) {
        strcpy(text[k], text[k - 1]);
        text[k][k] = (char)('Z' - k); /* one more letter is another */
    }
    for (int k = 0; k < STEPS; k++)
        name[k] = text[k];
    int32_t actor[STEPS];
    resolve(actor, &(agl_resolve_input){.n = STEPS, .name = name}, NULL);
    ck_assert_int_eq(actor[0], actor[1]);
    ck_assert_int_ne(actor[0], actor[STEPS - 1]);
    for (int a = 0; a < STEPS; a++)
        for (int b = a + 3; b < STEPS; b++)
            ck_assert_int_ne(actor[a], actor[b]);
}
END_TEST

START_TEST(hostile_names) {
    enum { LONG = 10000, N = 12 };
    static char x[LONG + 1], y[LONG + 1], z[LONG + 1], han[LONG + 1];
    memset(x, 'X', LONG);
    for (int i = 0; i < LONG; i++)
        y[i] = z[i] = "word "[i % 5], han[i] = "\xE4\xB8\xAD"[i % 3];
    han[LONG - 1] = '\0';
    memcpy(z + LONG - 5, "other", 5);
    const char *name[N] = {x,    y,      z,       han,    "\xFF\xFE",         "",
                           NULL, "\x01", "— … —", "GmbH", "\xF0\x9F\x9A\x80", "'"};
    int32_t actor[N];
    resolve(actor, &(agl_resolve_input){.n = N, .name = name}, NULL);
    ck_assert_int_ne(actor[1], actor[2]); /* they differ in the 10,000th byte only */
    ck_assert_int_ne(actor[5], actor[6]); /* nothing is known of either */
    resolve(actor, &(agl_resolve_input){.n = 0, .name = name}, NULL);
}
END_TEST

START_TEST(one_name_many_times) {
    enum { N = 3000 };
    const char *name[N], *city[N];
    static char text[N][12];
    static int32_t actor[N];
    for (int i = 0; i < N; i++) {
        snprintf(text[i], sizeof text[i], "Town%c%c", 'a' + i % 26, 'a' + i / 26 % 26);
        name[i] = "Siemens AG";
        city[i] = text[i];
    }
    resolve(actor, &(agl_resolve_input){.n = N, .name = name}, NULL);
    for (int i = 0; i < N; i++)
        ck_assert_int_eq(actor[i], 0);
    (void)city;
}
END_TEST

static char random_letter(agl_rng *rng) { return (char)('a' + agl__rng_below(rng, 26)); }

/* The same actors for 1 and 3 threads, and for the records in another order. */
START_TEST(threads_and_order) {
    enum { N = 900 };
    static char text[N][40];
    const char *name[N], *turned[N];
    agl_rng rng = agl__rng(11, 0, 0);
    for (int i = 0; i < N; i++) {
        if (i % 3 == 0) {
            for (int k = 0; k < 20; k++)
                text[i][k] = k == 9 ? ' ' : random_letter(&rng);
        } else {
            strcpy(text[i], text[i - i % 3]);
            text[i][2 + agl__rng_below(&rng, 6)] = random_letter(&rng);
        }
        name[i] = text[i];
    }
    for (int i = 0; i < N; i++)
        turned[i] = name[N - 1 - i];
    agl_resolution one, three, back;
    agl_ctx ctx = AGL_CTX_INIT;
    agl_resolve_input input = {.n = N, .name = name};
    ctx.threads = 1;
    ck_assert_int_eq(agl_resolve(&one, &input, NULL, &ctx, NULL), AGL_OK);
    ctx.threads = 3;
    ck_assert_int_eq(agl_resolve(&three, &input, NULL, &ctx, NULL), AGL_OK);
    input.name = turned;
    ck_assert_int_eq(agl_resolve(&back, &input, NULL, &ctx, NULL), AGL_OK);
    ck_assert_mem_eq(one.actor, three.actor, N * sizeof *one.actor);
    ck_assert_mem_eq(one.confidence, three.confidence, N * sizeof *one.confidence);
    ck_assert_uint_eq(one.n_matches, three.n_matches);
    ck_assert_int_eq(one.n_actors, back.n_actors);
    agl_resolution_free(&one);
    agl_resolution_free(&three);
    agl_resolution_free(&back);
}
END_TEST

START_TEST(quality) {
    int32_t actor[] = {0, 0, 0, 1, 1, 2}, truth[] = {5, 5, 6, 6, 6, -1};
    agl_pair_quality q;
    ck_assert_int_eq(agl_pair_quality_of(&q, 6, actor, truth, NULL), AGL_OK);
    /* found 01 02 12 34, true 01 23 24 34 */
    ck_assert(q.pairs_found == 4 && q.pairs_true == 4 && q.pairs_right == 2);
    ck_assert(q.precision == 0.5 && q.recall == 0.5 && q.f1 == 0.5);
    int32_t apart[] = {0, 1};
    ck_assert_int_eq(agl_pair_quality_of(&q, 2, apart, apart, NULL), AGL_OK);
    ck_assert(isnan(q.precision) && isnan(q.recall) && isnan(q.f1));
}
END_TEST

START_TEST(bad_options) {
    const char *name[] = {"a"};
    agl_resolution out;
    agl_error err;
    agl_resolve_options o = AGL_RESOLVE_OPTIONS_INIT;
    o.threshold = 1;
    ck_assert_int_eq(agl_resolve(&out, &(agl_resolve_input){.n = 1, .name = name}, &o, NULL, &err),
                     AGL_EUSAGE);
    double weight[] = {-1};
    agl_resolve_input input = {.n = 1, .name = name, .weight = weight};
    ck_assert_int_eq(agl_resolve(&out, &input, NULL, NULL, &err), AGL_EDATA);
}
END_TEST

int main(void) {
    Suite *suite = suite_create("resolve");
    TCase *t = tcase_create("resolve");
    tcase_set_timeout(t, 120);
    tcase_add_test(t, folding);
    tcase_add_test(t, words);
    tcase_add_test(t, similarity);
    tcase_add_test(t, spellings);
    tcase_add_test(t, identifiers_and_countries);
    tcase_add_test(t, numbers_tell_apart);
    tcase_add_test(t, overrides);
    tcase_add_test(t, no_chains);
    tcase_add_test(t, hostile_names);
    tcase_add_test(t, one_name_many_times);
    tcase_add_test(t, threads_and_order);
    tcase_add_test(t, quality);
    tcase_add_test(t, bad_options);
    suite_add_tcase(suite, t);
    return unit_main(suite);
}
