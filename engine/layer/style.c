/* engine/layer/style.c - QML text: aliases, rules, symbols, labels, as QGIS 3.22 reads them. */
#include <stdio.h>
#include <string.h>
#include "layer/define.h"

/* Text inside an XML attribute. */
static void add_escaped(struct qz_text *t, const char *text) {
    static const struct {
        char c;
        const char *entity;
    } entities[] = {
        { '&', "&amp;" }, { '<', "&lt;" }, { '>', "&gt;" }, { '"', "&quot;" }, { '\'', "&apos;" }
    };
    for (; *text; text++) {
        const char *entity = NULL;
        for (size_t i = 0; i < COUNT(entities); i++)
            if (entities[i].c == *text)
                entity = entities[i].entity;
        qz_text_addn(t, entity ? entity : text, entity ? strlen(entity) : 1);
    }
}

/* Escaped, with the profession's key for each "%s". */
static void add_pattern(struct qz_text *t, const char *pattern, const char *key) {
    for (const char *gap; (gap = strstr(pattern, "%s")); pattern = gap + 2) {
        qz_cleanup(qz_freep) char *before = qz_strndup(pattern, (size_t)(gap - pattern));
        t->failed = t->failed || !before;
        if (before)
            add_escaped(t, before);
        add_escaped(t, key);
    }
    add_escaped(t, pattern);
}

static void add_option(struct qz_text *t, const char *name, const char *value) {
    qz_text_add(t, "<Option type=\"QString\" name=\"%s\" value=\"%s\"/>", name, value);
}

static void add_number_option(struct qz_text *t, const char *name, double value) {
    char text[32];
    snprintf(text, sizeof text, "%.6g", value);
    add_option(t, name, text);
}

static void add_symbol(struct qz_text *t, const struct qz_style_def *s, const struct qz_rule *rule,
                       size_t number) {
    bool fill = s->symbol == QZ_SYMBOL_FILL;
    qz_text_add(
        t, "<symbol type=\"%s\" name=\"%zu\" alpha=\"1\" clip_to_extent=\"1\" force_rhr=\"0\">",
        fill ? "fill" : "marker", number);
    qz_text_add(t,
                "<layer class=\"%s\" enabled=\"1\" locked=\"0\" pass=\"0\"><Option type=\"Map\">",
                fill ? "SimpleFill" : "SimpleMarker");
    add_option(t, "color", rule->colour);
    add_option(t, "outline_color", s->outline);
    add_option(t, "outline_style", s->outline_mm > 0 ? "solid" : "no");
    add_number_option(t, "outline_width", s->outline_mm);
    add_option(t, "outline_width_unit", "MM");
    add_option(t, "style", "solid");
    if (!fill) {
        add_option(t, "name", "circle");
        add_number_option(t, "size", rule->size_mm);
        add_option(t, "size_unit", "MM");
    }
    qz_text_add(t, "</Option></layer></symbol>");
}

static void add_renderer(struct qz_text *t, const struct qz_style_def *s, const char *key) {
    qz_text_add(t,
                "<renderer-v2 type=\"RuleRenderer\" symbollevels=\"0\" forceraster=\"0\" "
                "enableorderby=\"%d\">",
                s->order_by != NULL);
    qz_text_add(t, "<rules key=\"quinze\">");
    for (size_t i = 0; i < s->n_rules; i++) {
        qz_text_add(t, "<rule key=\"r%zu\" symbol=\"%zu\" filter=\"", i, i);
        add_pattern(t, s->rules[i].filter ? s->rules[i].filter : "ELSE", key);
        qz_text_add(t, "\" label=\"");
        add_escaped(t, s->rules[i].label);
        qz_text_add(t, "\"/>");
    }
    qz_text_add(t, "</rules><symbols>");
    for (size_t i = 0; i < s->n_rules; i++)
        add_symbol(t, s, &s->rules[i], i);
    qz_text_add(t, "</symbols>");
    if (s->order_by) {
        qz_text_add(t, "<orderby><orderByClause asc=\"0\" nullsFirst=\"0\">");
        add_pattern(t, s->order_by, key);
        qz_text_add(t, "</orderByClause></orderby>");
    }
    qz_text_add(t, "</renderer-v2>");
}

static void add_labels(struct qz_text *t, const struct qz_style_def *s) {
    qz_text_add(
        t,
        "<labeling type=\"simple\"><settings calloutType=\"simple\"><text-style isExpression=\"1\" "
        "fontSize=\"9\" fontSizeUnit=\"Point\" fontWeight=\"63\" namedStyle=\"Bold\" "
        "textColor=\"20,20,20,255\" textOpacity=\"1\" blendMode=\"0\" fieldName=\"");
    add_escaped(t, s->label);
    qz_text_add(t,
                "\"><text-buffer bufferDraw=\"1\" bufferSize=\"0.7\" bufferSizeUnits=\"MM\" "
                "bufferColor=\"255,255,255,255\" bufferOpacity=\"0.8\" bufferNoFill=\"1\" "
                "bufferJoinStyle=\"128\"/></text-style><placement placement=\"%d\"/>"
                "<rendering scaleVisibility=\"%d\" scaleMin=\"0\" scaleMax=\"%.0f\" "
                "obstacle=\"0\"/></settings></labeling>",
                s->symbol == QZ_SYMBOL_FILL ? 1 : 0, s->label_from_scale > 0, s->label_from_scale);
}

int qz_style_qml(struct qz_ctx *ctx, const struct qz_style_def *s, const struct qz_columns *columns,
                 const struct qz_results *r, struct qz_text *t) {
    qz_text_add(t,
                "<!DOCTYPE qgis PUBLIC 'http://mrcc.com/qgis.dtd' 'SYSTEM'>\n"
                "<qgis version=\"3.22.16\" styleCategories=\"Symbology|Labeling|Fields\" "
                "labelsEnabled=\"%d\">",
                s->label != NULL);
    if (s->symbol != QZ_SYMBOL_NONE)
        add_renderer(t, s, r->n_professions ? r->professions[0].key : "gp");
    if (s->label)
        add_labels(t, s);
    if (s->symbol != QZ_SYMBOL_NONE)
        qz_text_add(t, "<layerOpacity>%.2f</layerOpacity>", s->opacity);
    qz_text_add(t, "<aliases>");
    for (size_t i = 0; i < columns->n; i++) {
        qz_text_add(t, "<alias field=\"%s\" index=\"%zu\" name=\"", columns->items[i].name, i + 1);
        add_escaped(t, columns->spelt[i].alias);
        qz_text_add(t, "\"/>");
    }
    qz_text_add(t, "</aliases></qgis>");
    return t->failed ? qz_fail_nomem(ctx) : 0;
}
