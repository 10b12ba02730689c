#include "base/mem.h"
#include "table/write_to.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

/* GraphML is igraph's business too, but its writer takes the attributes through a global handler and cannot
 * write GEXF; these formats are a loop over rows each. */

static void put_xml(FILE *f, const char *text) {
    for (const char *c = text ? text : ""; *c; c++) {
        switch (*c) {
        case '&':
            fputs("&amp;", f);
            break;
        case '<':
            fputs("&lt;", f);
            break;
        case '>':
            fputs("&gt;", f);
            break;
        case '"':
            fputs("&quot;", f);
            break;
        default:
            if ((unsigned char)*c >= 32 || *c == '\t' || *c == '\n') fputc(*c, f);
        }
    }
}

static bool missing(const agl_column *c, size_t row) {
    return c->type == AGL_KEY ? c->code[row] < 0 : isnan(c->num[row]);
}

static void put_value(FILE *f, const agl_column *c, size_t row) {
    if (c->type == AGL_KEY)
        put_xml(f, agl_column_text(c, row));
    else if (c->type == AGL_BOOL)
        fputs(c->num[row] != 0 ? "true" : "false", f);
    else
        fprintf(f, "%.17g", c->num[row]);
}

static const char *xml_type(agl_type type) {
    return type == AGL_KEY ? "string" : type == AGL_BOOL ? "boolean" : type == AGL_NUM ? "double" : "long";
}

static bool is_end(const char *name) {
    return strcmp(name, "source") == 0 || strcmp(name, "target") == 0 || strcmp(name, "id") == 0;
}

/* ---- GraphML
 * ------------------------------------------------------------------------------------------------------- */

static void graphml_keys(FILE *f, const agl_table *t, const char *domain) {
    for (size_t j = 0; t && j < t->n_columns; j++) {
        const agl_column *c = &t->columns[j];
        if (is_end(c->name)) continue;
        fprintf(f, "  <key id=\"%c%zu\" for=\"%s\" attr.name=\"", domain[0], j, domain);
        put_xml(f, c->name);
        fprintf(f, "\" attr.type=\"%s\"/>\n", xml_type(c->type));
    }
}

static void graphml_data(FILE *f, const agl_table *t, size_t row, char domain) {
    for (size_t j = 0; j < t->n_columns; j++) {
        const agl_column *c = &t->columns[j];
        if (is_end(c->name) || missing(c, row)) continue;
        fprintf(f, "<data key=\"%c%zu\">", domain, j);
        put_value(f, c, row);
        fputs("</data>", f);
    }
}

/* The ends of the edges, when there is no table of nodes. */
static void bare_nodes(FILE *f, const agl_table *edges, const char *open, const char *close) {
    const agl_column *s = agl_table_column(edges, "source"), *t = agl_table_column(edges, "target");
    for (size_t i = 0, j = 0; i < s->dict.n || j < t->dict.n;) {
        int order = i == s->dict.n ? 1 : j == t->dict.n ? -1 : strcmp(s->dict.text[i], t->dict.text[j]);
        fputs(open, f);
        put_xml(f, order <= 0 ? s->dict.text[i] : t->dict.text[j]);
        fputs(close, f);
        i += order <= 0;
        j += order >= 0;
    }
}

static void write_graphml(FILE *f, const agl_table *nodes, const agl_table *edges) {
    fputs("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<graphml "
          "xmlns=\"http://graphml.graphdrawing.org/xmlns\">\n",
          f);
    graphml_keys(f, nodes, "node");
    graphml_keys(f, edges, "edge");
    fputs("  <graph edgedefault=\"undirected\">\n", f);
    if (!nodes) bare_nodes(f, edges, "    <node id=\"", "\"/>\n");
    for (size_t row = 0; nodes && row < nodes->rows; row++) {
        fputs("    <node id=\"", f);
        put_value(f, agl_table_column(nodes, "id"), row);
        fputs("\">", f);
        graphml_data(f, nodes, row, 'n');
        fputs("</node>\n", f);
    }
    for (size_t row = 0; row < edges->rows; row++) {
        fputs("    <edge source=\"", f);
        put_value(f, agl_table_column(edges, "source"), row);
        fputs("\" target=\"", f);
        put_value(f, agl_table_column(edges, "target"), row);
        fputs("\">", f);
        graphml_data(f, edges, row, 'e');
        fputs("</edge>\n", f);
    }
    fputs("  </graph>\n</graphml>\n", f);
}

/* ---- GEXF
 * ----------------------------------------------------------------------------------------------------------
 */

static void gexf_attributes(FILE *f, const agl_table *t, const char *class) {
    fprintf(f, "    <attributes class=\"%s\">\n", class);
    for (size_t j = 0; t && j < t->n_columns; j++) {
        if (is_end(t->columns[j].name)) continue;
        fprintf(f, "      <attribute id=\"%zu\" title=\"", j);
        put_xml(f, t->columns[j].name);
        fprintf(f, "\" type=\"%s\"/>\n", xml_type(t->columns[j].type));
    }
    fputs("    </attributes>\n", f);
}

static void gexf_values(FILE *f, const agl_table *t, size_t row) {
    fputs("<attvalues>", f);
    for (size_t j = 0; j < t->n_columns; j++) {
        if (is_end(t->columns[j].name) || missing(&t->columns[j], row)) continue;
        fprintf(f, "<attvalue for=\"%zu\" value=\"", j);
        put_value(f, &t->columns[j], row);
        fputs("\"/>", f);
    }
    fputs("</attvalues>", f);
}

static void gexf_nodes(FILE *f, const agl_table *nodes) {
    const agl_column *id = agl_table_column(nodes, "id"), *name = agl_table_column(nodes, "name");
    for (size_t row = 0; row < nodes->rows; row++) {
        fputs("      <node id=\"", f);
        put_value(f, id, row);
        fputs("\" label=\"", f);
        put_value(f, name && !missing(name, row) ? name : id, row);
        fputs("\">", f);
        gexf_values(f, nodes, row);
        fputs("</node>\n", f);
    }
}

static void write_gexf(FILE *f, const agl_table *nodes, const agl_table *edges) {
    fputs("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<gexf xmlns=\"http://gexf.net/1.3\" version=\"1.3\">\n"
          "  <graph defaultedgetype=\"undirected\">\n",
          f);
    gexf_attributes(f, nodes, "node");
    gexf_attributes(f, edges, "edge");
    fputs("    <nodes>\n", f);
    if (nodes)
        gexf_nodes(f, nodes);
    else
        bare_nodes(f, edges, "      <node id=\"", "\"/>\n");
    fputs("    </nodes>\n    <edges>\n", f);
    const agl_column *weight = agl_table_column(edges, "weight");
    for (size_t row = 0; row < edges->rows; row++) {
        fprintf(f, "      <edge id=\"%zu\" source=\"", row);
        put_value(f, agl_table_column(edges, "source"), row);
        fputs("\" target=\"", f);
        put_value(f, agl_table_column(edges, "target"), row);
        fputs("\"", f);
        if (weight && !missing(weight, row)) fprintf(f, " weight=\"%.17g\"", weight->num[row]);
        fputs(">", f);
        gexf_values(f, edges, row);
        fputs("</edge>\n", f);
    }
    fputs("    </edges>\n  </graph>\n</gexf>\n", f);
}

/* ---- Pajek
 * ---------------------------------------------------------------------------------------------------------
 */

static void put_pajek_text(FILE *f, const char *text) {
    fputc('"', f);
    for (; *text; text++)
        fputc(*text == '"' || *text == '\n' ? '\'' : *text, f);
    fputc('"', f);
}

/* Numbers of the vertices by sorted text: the union of both ends, or the ids of the nodes, isolates included.
 */
static agl_status pajek_dict(agl_dict *out, const agl_table *nodes, const agl_table *edges, agl_error *err) {
    if (nodes) return agl_dict_copy(out, &agl_table_column(nodes, "id")->dict, err);
    const agl_dict *s = &agl_table_column(edges, "source")->dict,
                   *t = &agl_table_column(edges, "target")->dict;
    const char **all = AGL_NEW(const char *, s->n + t->n);
    if (!all) return agl_fail_memory(err);
    size_t n = 0;
    for (size_t i = 0, j = 0; i < s->n || j < t->n;) {
        int order = i == s->n ? 1 : j == t->n ? -1 : strcmp(s->text[i], t->text[j]);
        all[n++] = order <= 0 ? s->text[i] : t->text[j];
        i += order <= 0;
        j += order >= 0;
    }
    agl_status status = agl_dict_set(out, all, n, err);
    free(all);
    return status;
}

static agl_status write_pajek(FILE *f, const agl_table *nodes, const agl_table *edges, agl_error *err) {
    agl_dict dict = {0};
    agl_status status = pajek_dict(&dict, nodes, edges, err);
    if (status != AGL_OK) return status;
    fprintf(f, "*Vertices %zu\n", dict.n);
    for (size_t i = 0; i < dict.n; i++) {
        fprintf(f, "%zu ", i + 1);
        put_pajek_text(f, dict.text[i]);
        fputc('\n', f);
    }
    fputs("*Edges\n", f);
    const agl_column *s = agl_table_column(edges, "source"), *t = agl_table_column(edges, "target");
    const agl_column *weight = agl_table_column(edges, "weight");
    for (size_t row = 0; row < edges->rows; row++)
        fprintf(f, "%d %d %.17g\n", agl_dict_find(&dict, agl_column_text(s, row)) + 1,
                agl_dict_find(&dict, agl_column_text(t, row)) + 1, weight ? weight->num[row] : 1.0);
    agl_dict_free(&dict);
    return AGL_OK;
}

agl_status agl__write_graph(const char *path, const char *format, const agl_table *nodes,
                            const agl_table *edges, agl_error *err) {
    if (nodes && !agl_table_column(nodes, "id")) nodes = NULL;
    FILE *f = fopen(path, "w");
    if (!f) return agl_fail(err, AGL_EIO, "%s", strerror(errno));
    agl_status status = AGL_OK;
    if (strcmp(format, "graphml") == 0)
        write_graphml(f, nodes, edges);
    else if (strcmp(format, "gexf") == 0)
        write_gexf(f, nodes, edges);
    else
        status = write_pajek(f, nodes, edges, err);
    bool bad = ferror(f) != 0;
    if ((fclose(f) != 0 || bad) && status == AGL_OK) status = agl_fail(err, AGL_EIO, "%s", strerror(errno));
    return status;
}
