#include "base/mem.h"
#include "report/page.h"
#include "report/svg.h"

#include <math.h>
#include <string.h>

static const char *const sure_text[] = {"", "may be chance", "beyond chance", "part may be chance"};
static const char *const sure_class[] = {"", "no", "yes", "no"};

/** The sentence with its mark and, where asked for, the way to its section. */
static void finding_text(agl_text *t, const agl_finding *f, bool link) {
    agl__html(t, f->text);
    if (f->sure != AGL_SURE_UNTESTED)
        agl__text_add(t, " <span class=\"sure %s\">%s</span>", sure_class[f->sure], sure_text[f->sure]);
    if (link)
        agl__text_add(t, " <a class=\"go\" href=\"#s%zu\" aria-label=\"details\">\xe2\x86\x92</a>", f->step);
    agl__raw(t, "</li>\n");
}

void agl__page_finding(agl_text *t, const agl_finding *f) {
    agl__raw(t, "<li>");
    finding_text(t, f, false);
}

void agl__page_paragraphs(agl_text *t, const char *text, const char *class) {
    while (text && *text) {
        text += strspn(text, "\n\r ");
        const char *end = strstr(text, "\n\n");
        size_t n = end ? (size_t)(end - text) : strlen(text);
        if (n > 0) {
            agl_text piece = {0};
            agl__text_put(&piece, text, n);
            agl__text_add(t, "<p class=\"%s\">", class);
            agl__html(t, piece.data);
            agl__raw(t, "</p>\n");
            t->failed |= piece.failed;
            agl__text_free(&piece);
        }
        text += n;
    }
}

size_t agl__page_lines(agl_text *t, const char *lines, const char *class) {
    size_t count = 0;
    while (lines && *lines) {
        size_t n = strcspn(lines, "\n");
        agl_text piece = {0};
        agl__text_put(&piece, lines, n);
        if (n > 0) {
            agl__text_add(t, "<li class=\"%s\">", class);
            agl__html(t, piece.data);
            agl__raw(t, "</li>\n");
            count++;
        }
        t->failed |= piece.failed;
        agl__text_free(&piece);
        lines += n + (lines[n] == '\n');
    }
    return count;
}

static void head(agl_text *t, const agl_dossier *d) {
    const char *language = agl__study_value(d, "language"), *title = agl__study_value(d, "title");
    agl__raw(t, "<!DOCTYPE html>\n<html lang=\"");
    agl__html(t, language ? language : "en");
    agl__raw(t,
             "\">\n<head>\n<meta charset=\"utf-8\">\n<meta name=\"viewport\" content=\"width=device-width, "
             "initial-scale=1\">\n<meta name=\"generator\" content=\"agglo ");
    agl__html(t, agl_version());
    agl__raw(t, "\">\n<title>");
    agl__html(t, title ? title : "Cluster dossier");
    agl__raw(t, "</title>\n<style>\n");
    agl__raw(t, agl__report_css);
    agl__raw(t, "</style>\n</head>\n<body>\n<a class=\"skip\" href=\"#summary\">To what was found</a>\n");
}

static void masthead(agl_text *t, const agl_dossier *d) {
    const char *title = agl__study_value(d, "title"), *subtitle = agl__study_value(d, "subtitle");
    const char *author = agl__study_value(d, "author"), *date = agl__study_value(d, "date");
    agl__raw(t, "<header class=\"masthead\">\n<p class=\"kind\">Cluster dossier</p>\n<h1>");
    agl__html(t, title ? title : "Cluster dossier");
    agl__raw(t, "</h1>\n");
    if (subtitle) {
        agl__raw(t, "<p class=\"subtitle\">");
        agl__html(t, subtitle);
        agl__raw(t, "</p>\n");
    }
    if (author || date) {
        agl__raw(t, "<p class=\"by\">");
        agl__html(t, author);
        if (author && date) agl__raw(t, " \xc2\xb7 ");
        agl__html(t, date);
        agl__raw(t, "</p>\n");
    }
    agl__raw(t, "</header>\n");
    agl__page_paragraphs(t, agl__study_value(d, "description"), "lead");
}

static bool asks(const agl_dossier *d, const agl_finding *f, size_t q) {
    return strcmp(d->steps[f->step].method->verb, agl__questions[q].verb) == 0;
}

/* ---- what fits on the first printed page ----
 * All in lines of print, 16.2 px high; the page (A4 less margins) has 62 of them and is 680 px wide. Widths
 * are estimated for a wide font, so that the page does not overflow whatever the reader's font is. */

#define PAGE_LINES     61.0
#define CHART_LINES    18.0 /* at least */
#define QUESTION_LINES 4.2  /* the question itself, in its narrow column */
#define QUESTION_EXTRA 1.7  /* padding and the line on further findings */
#define MOST_ALIKE     3    /* sentences of one query */

/** Lines of a text in a column of that width, both in px, with the gap below it. */
static double lines_of(const char *text, double size, double width) {
    return text ? 0.35 + ceil(1.06 * agl__text_width(text, size) / width) * size / 12 : 0;
}

/** Section that shows the step of a finding. */
static size_t section_of(const agl_dossier *d, const agl_finding *f) {
    for (size_t k = 0; k < d->n_sections; k++)
        for (size_t i = 0; i < d->sections[k].n_steps; i++)
            if (d->sections[k].steps[i] == f->step) return k;
    return d->n_sections;
}

/** Title of the section that a finding answers, printed before the first of its sentences: a sentence of a
 * record cannot name what the study measures, the title does. NULL for sections that the study did not
 * title. */
static const char *asked_by(const agl_dossier *d, const agl_finding *f) {
    size_t k = section_of(d, f);
    return k < d->n_sections && d->sections[k].number > 0 ? d->sections[k].title : NULL;
}

static double sentence_lines(const agl_dossier *d, const agl_finding *f, bool first) {
    const char *title = first ? asked_by(d, f) : NULL;
    double size = 12, width = 515, length = agl__text_width(f->text, size);
    if (title) length += agl__text_width(title, size) + 20;
    return 0.35 + ceil(1.06 * length / width) * size / 12 + (f->sure != AGL_SURE_UNTESTED ? 0.3 : 0);
}

/** Where a sentence of the first page stands. */
enum { LEFT_OUT, ON_SCREEN, IN_PRINT };

/** Chooses the main result of each section, in their order: in print as long as there is room, the first at
 * any rate; on screen, where nothing ends, all of them. Returns the lines left. */
static double pick_leads(char *chosen, const agl_dossier *d, size_t q, double lines) {
    bool any = false;
    for (size_t k = 0; k < d->n_sections; k++)
        for (size_t i = 0; i < d->n_findings; i++) {
            const agl_finding *f = &d->findings[i];
            if (!asks(d, f, q) || section_of(d, f) != k) continue;
            double need = sentence_lines(d, f, true);
            chosen[i] = !any || need <= lines ? IN_PRINT : ON_SCREEN;
            if (chosen[i] == IN_PRINT) lines -= need;
            any = true;
            break;
        }
    return lines;
}

/** Lines that title, description, marks and cautions take. */
static double fixed_lines(const agl_dossier *d) {
    double lines = 8.2 + lines_of(agl__study_value(d, "title"), 24, 660) +
                   lines_of(agl__study_value(d, "description"), 13, 560);
    int cautions = 0;
    for (size_t i = 0; i < d->n_steps; i++)
        for (const char *w = d->steps[i].warnings; w && *w; w = strchr(w, '\n') ? strchr(w, '\n') + 1 : NULL)
            if (cautions++ < 3) lines += lines_of(w, 11.3, 640) < 3 ? lines_of(w, 11.3, 640) : 2.5;
    return lines + (cautions > 0 ? 3 : 0);
}

/** Fills the lines with further sentences of one question by rank, at most three of one query. */
static double pick(char *chosen, const agl_dossier *d, size_t q, double lines) {
    size_t alike = 0;
    for (size_t i = 0; i < d->n_findings; i++) {
        const agl_finding *f = &d->findings[i];
        if (!asks(d, f, q)) continue;
        bool same = i > 0 && d->findings[i - 1].step == f->step && d->findings[i - 1].rank == f->rank;
        alike = same ? alike + 1 : 0;
        double need = sentence_lines(d, f, chosen[i] == ON_SCREEN);
        if (chosen[i] == IN_PRINT || alike >= MOST_ALIKE || need > lines) continue;
        chosen[i] = IN_PRINT;
        lines -= need;
    }
    return lines;
}

/** Shares the page among the questions asked; what one leaves goes to the others. Returns the lines left for
 * the chart, 0 when it has no room. */
static double choose(char *chosen, const agl_dossier *d) {
    bool asked[4] = {false};
    double n = 0, left = 0;
    for (size_t i = 0; i < d->n_findings; i++)
        for (size_t q = 0; q < 4; q++)
            if (asks(d, &d->findings[i], q)) asked[q] = true;
    for (size_t q = 0; q < 4; q++)
        n += asked[q];
    double room = PAGE_LINES - fixed_lines(d) - QUESTION_EXTRA * n;
    bool chart = d->lead.preference > 0 && room - CHART_LINES >= 8 * n;
    double share = (room - (chart ? CHART_LINES : 0)) / n;
    for (size_t q = 0; q < 4; q++)
        if (asked[q])
            left += fmin(pick(chosen, d, q, pick_leads(chosen, d, q, share)), share - QUESTION_LINES);
    for (size_t q = 0; q < 4; q++)
        if (asked[q]) left = pick(chosen, d, q, left);
    return chart ? CHART_LINES + left : 0;
}

/** One sentence; `first` = the first of its section. */
static void chosen_sentence(agl_text *t, const agl_dossier *d, size_t i, char where, bool first) {
    const char *title = first ? asked_by(d, &d->findings[i]) : NULL;
    agl__raw(t, where == ON_SCREEN ? "<li class=\"more\">" : "<li>");
    if (title) {
        agl__raw(t, "<span class=\"asked\">");
        agl__html(t, title);
        agl__raw(t, "</span> ");
    }
    finding_text(t, &d->findings[i], true);
}

static void question(agl_text *t, const agl_dossier *d, size_t q, const char *chosen) {
    size_t here = 0, left = 0;
    for (size_t i = 0; i < d->n_findings; i++)
        if (asks(d, &d->findings[i], q)) *(chosen[i] ? &here : &left) += 1;
    if (here == 0) return;
    agl__text_add(t,
                  "<section class=\"question\">\n<h2><span class=\"verb\">%s</span> %s</h2>\n<ul "
                  "class=\"findings\">\n",
                  agl__questions[q].name, agl__questions[q].text);
    for (size_t k = 0; k <= d->n_sections; k++) {
        bool first = true;
        for (size_t i = 0; i < d->n_findings; i++) {
            if (!chosen[i] || !asks(d, &d->findings[i], q) || section_of(d, &d->findings[i]) != k) continue;
            chosen_sentence(t, d, i, chosen[i], first);
            first = false;
        }
    }
    agl__raw(t, "</ul>\n");
    if (left)
        agl__text_add(t, "<p class=\"further\">%zu further finding%s in the sections below.</p>\n", left,
                      left == 1 ? "" : "s");
    agl__raw(t, "</section>\n");
}

/** The leading chart once more, by reference to its drawing in the section. */
static void lead_chart(agl_text *t, const agl_dossier *d, double lines) {
    /* a line is 4.28 mm; title and margins take three */
    agl__text_add(t, "<figure class=\"lead-chart\" style=\"--most:%.0fmm\">\n<figcaption>",
                  fmax(fmin(4.28 * (lines - 3), 110), 30));
    agl__html(t, d->lead.title);
    agl__text_add(
        t,
        " <a class=\"go\" href=\"#s%zu\" aria-label=\"details\">\xe2\x86\x92</a></figcaption>\n<svg "
        "viewBox=\"0 0 760 %.0f\" role=\"img\" aria-label=\"",
        d->lead.step, d->lead.height);
    agl__html(t, d->lead.title);
    agl__text_add(t, "\"><use href=\"#c%zu\" width=\"760\" height=\"%.0f\"/></svg>\n</figure>\n",
                  d->lead.chart, d->lead.height);
}

static void marks(agl_text *t, const agl_dossier *d) {
    static const char *const meaning[] = {
        [AGL_SURE_YES] = "the result is distinguishable from chance at the level of its method.",
        [AGL_SURE_NO] = "the result is not distinguishable from chance: do not act on it alone.",
        [AGL_SURE_CARE] = "the sentence speaks of results that are not distinguishable from chance."};
    static const agl_sure order[] = {AGL_SURE_YES, AGL_SURE_NO, AGL_SURE_CARE};
    bool used[4] = {false};
    for (size_t i = 0; i < d->n_findings; i++)
        used[d->findings[i].sure] = true;
    if (!used[AGL_SURE_YES] && !used[AGL_SURE_NO] && !used[AGL_SURE_CARE]) return;
    agl__raw(t, "<p class=\"marks\"><b>How sure?</b> ");
    for (size_t k = 0; k < 3; k++)
        if (used[order[k]])
            agl__text_add(t, "<span class=\"sure %s\">%s</span> %s ", sure_class[order[k]],
                          sure_text[order[k]], meaning[order[k]]);
    if (used[AGL_SURE_UNTESTED])
        agl__raw(t, "Sentences without a mark report what the data say; no test was made of them.");
    agl__raw(t, "</p>\n");
}

/** Whether a line of n bytes is one of the lines. */
static bool has_line(const char *lines, const char *line, size_t n) {
    while (lines && *lines) {
        size_t length = strcspn(lines, "\n");
        if (length == n && strncmp(lines, line, n) == 0) return true;
        lines += length + (lines[length] == '\n');
    }
    return false;
}

/** Adds the warnings of a run that earlier steps have not given, a line each. */
static void add_new_lines(agl_text *out, const char *lines) {
    while (lines && *lines) {
        size_t n = strcspn(lines, "\n");
        if (n > 0 && !has_line(out->data, lines, n)) {
            agl__text_put(out, lines, n);
            agl__raw(out, "\n");
        }
        lines += n + (lines[n] == '\n');
    }
}

/** Warnings of the runs, which are about these data (those of the methods in general stand in the sections):
 * the first three, each once. */
static void cautions(agl_text *t, const agl_dossier *d) {
    agl_text lines = {0}, shown = {0};
    size_t all = 0;
    for (size_t i = 0; i < d->n_steps; i++)
        add_new_lines(&lines, d->steps[i].warnings);
    for (const char *w = lines.data; w && *w; w = strchr(w, '\n') + 1)
        if (all++ < 3) agl__text_put(&shown, w, strcspn(w, "\n") + 1);
    if (all) {
        agl__raw(t, "<aside class=\"caution\">\n<h2>Before these numbers are used</h2>\n<ul>\n");
        agl__page_lines(t, shown.data, "");
        agl__raw(t, "</ul>\n");
        if (all > 3)
            agl__text_add(t, "<p>%zu more warning%s about the data in the sections below.</p>\n", all - 3,
                          all == 4 ? " stands" : "s stand");
        agl__raw(t, "</aside>\n");
    }
    t->failed |= lines.failed | shown.failed;
    agl__text_free(&lines);
    agl__text_free(&shown);
}

agl_status agl__page_first(agl_text *t, const agl_dossier *d, agl_error *err) {
    char *chosen = AGL_NEW(char, d->n_findings);
    if (!chosen) return agl_fail_memory(err);
    double chart = choose(chosen, d);
    head(t, d);
    agl__page_contents(t, d);
    agl__raw(t, "<main>\n<section class=\"first\" id=\"summary\">\n");
    masthead(t, d);
    agl__raw(t, "<h2 class=\"what\">What was found</h2>\n");
    if (d->n_findings == 0)
        agl__raw(t, "<p>The methods of this study state no findings; see the tables below.</p>\n");
    agl__raw(t, "<div class=\"questions\">\n");
    for (size_t q = 0; q < 4; q++)
        question(t, d, q, chosen);
    agl__raw(t, "</div>\n");
    if (chart > 0) lead_chart(t, d, chart);
    marks(t, d);
    cautions(t, d);
    agl__raw(t, "</section>\n");
    free(chosen);
    return AGL_OK;
}

void agl__page_contents(agl_text *t, const agl_dossier *d) {
    agl__raw(t, "<nav aria-label=\"Contents\">\n<p class=\"brand\">agglo</p>\n<ol>\n<li><a "
                "href=\"#summary\">What was found</a></li>\n");
    for (size_t k = 0; k < d->n_sections; k++) {
        agl__text_add(t, "<li><a href=\"#p%zu\">", k);
        agl__html(t, d->sections[k].title);
        agl__raw(t, "</a>\n<ul>\n");
        for (size_t i = 0; i < d->sections[k].n_steps; i++) {
            size_t step = d->sections[k].steps[i];
            agl__text_add(t, "<li><a href=\"#s%zu\">", step);
            agl__html(t, d->steps[step].name);
            agl__raw(t, "</a></li>\n");
        }
        agl__raw(t, "</ul></li>\n");
    }
    agl__raw(t, "<li><a href=\"#provenance\">How the numbers were made</a></li>\n</ol>\n</nav>\n");
}
