/* page.h - the parts of the dossier, each appended to the page. */
#ifndef AGL_REPORT_PAGE_H
#define AGL_REPORT_PAGE_H

#include "report/dossier.h"
#include "report/markup.h"

/** Style sheet and script; made from src/report/assets at build time. */
extern const char agl__report_css[], agl__report_js[];

/** Head, title and the first page: what was found, by the four questions. After the sections, which choose
 * its chart. */
AGL_NODISCARD agl_status agl__page_first(agl_text *t, const agl_dossier *d, agl_error *err);
/** Links to all sections and steps, for the screen. */
void agl__page_contents(agl_text *t, const agl_dossier *d);
/** Section k: sentences, charts, tables and methods of its steps. */
AGL_NODISCARD agl_status agl__page_section(agl_text *t, agl_dossier *d, size_t k, agl_error *err);
/** How every table was made. */
AGL_NODISCARD agl_status agl__page_provenance(agl_text *t, agl_dossier *d, agl_error *err);

/** Output k of a step as a table. */
AGL_NODISCARD agl_status agl__page_table(agl_text *t, agl_dossier *d, const agl_step *step, size_t k,
                                         agl_error *err);
/** Table k of a section of the study file, drawn by its SQL from the results; nothing when there is none.
 * `any` says whether there was one. AGL_EDATA when the SQL fails. */
AGL_NODISCARD agl_status agl__page_section_table(agl_text *t, agl_dossier *d, const agl_section *s, size_t k,
                                                 bool *any, agl_error *err);
/** All charts of a step. */
AGL_NODISCARD agl_status agl__page_charts(agl_text *t, agl_dossier *d, const agl_step *step, agl_error *err);

/** One sentence as a list item with its mark. */
void agl__page_finding(agl_text *t, const agl_finding *f);
/** Text with empty lines between paragraphs. */
void agl__page_paragraphs(agl_text *t, const char *text, const char *class);
/** "a; b; c" of the lines of a text as list items. Returns their number. */
size_t agl__page_lines(agl_text *t, const char *lines, const char *class);

#endif
