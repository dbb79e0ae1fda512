/* engine/source/movements.c - INSEE's table of movements: which commune became which, and when. */
#include <stdio.h>
#include <string.h>
#include "source/source.h"

/* MOD of INSEE's "mouvements sur les communes" (Code officiel géographique). */
static const struct {
    const char *code;
    bool moves; /* people or land go from a commune to another; else only names and statuses do */
} events[] = {
    { "10", false }, /* changement de nom */
    { "20", true },  /* création */
    { "21", true },  /* rétablissement */
    { "30", true },  /* suppression */
    { "31", true },  /* fusion simple */
    { "32", true },  /* création de commune nouvelle */
    { "33", true },  /* fusion-association */
    { "34", false }, /* transformation de fusion-association en fusion simple */
    { "35", false }, /* suppression de commune déléguée */
    { "41", true },  /* changement de code dû à un changement de département */
    { "50", true },  /* changement de code dû à un transfert de chef-lieu */
    { "70", false }, /* transformation de commune associée en commune déléguée */
    { "71", false }, /* rétablissement de commune déléguée */
    { "72", false }, /* création de commune déléguée */
};

struct qz_codes *qz_codes_free(struct qz_codes *codes) {
    if (codes)
        free(codes->items);
    free(codes);
    return NULL;
}

void qz_codes_freep(struct qz_codes **codes) { *codes = qz_codes_free(*codes); }

static int add_move(struct qz_ctx *ctx, struct qz_codes *codes, struct qz_move move) {
    struct qz_move *grown = qz_grow(codes->items, &codes->cap, codes->n + 1, sizeof *grown);
    if (!grown)
        return qz_fail_nomem(ctx);
    codes->items = grown;
    grown[codes->n++] = move;
    return 0;
}

/* ---- a row */
struct columns { /* of INSEE's table; -1: it has none: all are communes, and move */
    int event, from_type, to_type;
};

static bool is_commune(struct qz_reader *r, int type) {
    const char *text = qz_table_text(r->table, type);
    return type < 0 || (text && qz_equal_nocase(text, "COM"));
}

/* 1 somebody moves, 0 nobody does, -1 an event that we do not know. */
static int event_of(const char *text, int column) {
    if (column < 0)
        return 1;
    for (size_t i = 0; text && i < COUNT(events); i++)
        if (strcmp(text, events[i].code) == 0)
            return events[i].moves;
    return -1;
}

/* 2016-01-01 or 01/01/2016, with - or /, as 20160101; 0: no date. */
static uint32_t date_of(const char *text) {
    unsigned part[3] = { 0 };
    size_t at = 0, n = 0;
    for (; text && n < 3; n++) {
        size_t digits = strspn(text + at, "0123456789");
        if (digits == 0 || digits > 4)
            return 0;
        for (size_t i = 0; i < digits; i++)
            part[n] = part[n] * 10 + (unsigned)(text[at + i] - '0');
        at += digits;
        if (n < 2 && text[at] != '-' && text[at] != '/')
            return 0;
        at += n < 2;
    }
    unsigned year = part[0] > 31 ? part[0] : part[2], day = part[0] > 31 ? part[2] : part[0];
    return text && text[at] == 0 && year >= 1700 && part[1] >= 1 && part[1] <= 12 && day >= 1 &&
                   day <= 31
               ? year * 10000 + part[1] * 100 + day
               : 0;
}

/* "" when the row has none. */
static void read_code(struct qz_reader *r, enum qz_role role, char ret[16]) {
    const char *text = qz_reader_restore(r, qz_reader_text(r, role), 5);
    snprintf(ret, 16, "%s", text ? text : "");
}

static int read_row(struct qz_ctx *ctx, struct qz_reader *r, const struct columns *columns,
                    struct qz_issues *issues, struct qz_codes *codes) {
    char from[16], to[16];
    const char *date = qz_reader_text(r, QZ_ROLE_DATE);
    if (!is_commune(r, columns->from_type) || !is_commune(r, columns->to_type))
        return 0; /* parts of a commune have no figures of their own */
    read_code(r, QZ_ROLE_FROM, from);
    read_code(r, QZ_ROLE_TO, to);
    const char *text = qz_table_text(r->table, columns->event);
    int event = event_of(text, columns->event);
    if (event < 0)
        return qz_reader_reject(ctx, r, issues, "unknown_event",
                                "event '%s' of %s is not one of INSEE's 10 to 72: the row is left "
                                "out; correct the table",
                                text ? text : "", from);
    if (event == 0)
        return 0;
    if (!qz_code_is_commune(from) || !qz_code_is_commune(to))
        return qz_reader_reject(ctx, r, issues, "malformed_code",
                                "'%s' to '%s': not INSEE codes of 5 characters: the row is left "
                                "out",
                                from, to);
    struct qz_move move = { .date = date_of(date), .row = qz_table_row(r->table) };
    if (move.date == 0)
        return qz_reader_reject(ctx, r, issues, "bad_date",
                                "'%s' is not a date such as 2016-01-01: the row is left out",
                                date ? date : "");
    memcpy(move.from, from, sizeof move.from);
    memcpy(move.to, to, sizeof move.to);
    return add_move(ctx, codes, move);
}

/* ---- the order of what happens on one day: who receives passes on afterwards */
static int by_turn(const void *va, const void *vb) {
    const struct qz_move *a = va, *b = vb;
    if (a->date != b->date)
        return a->date < b->date ? -1 : 1;
    if (a->turn != b->turn)
        return a->turn < b->turn ? -1 : 1;
    int order = strcmp(a->from, b->from);
    if (order == 0)
        order = strcmp(a->to, b->to);
    return order ? order : (a->row > b->row) - (a->row < b->row);
}

static bool stays(const struct qz_move *m) { return strcmp(m->from, m->to) == 0; }

/* The moves of one day by the commune that gives: giver g has [first[g], first[g + 1]). */
struct day {
    struct qz_move *moves;
    size_t n, n_givers;
    uint32_t *first, *turn, *via; /* via: the move that gave it its turn */
    bool *stays;                  /* it goes on under its code */
};

static void day_done(struct day *d) {
    free(d->first);
    free(d->turn);
    free(d->via);
    free(d->stays);
}

static int open_day(struct qz_ctx *ctx, struct qz_move *moves, size_t n, struct day *d) {
    *d = (struct day) { .moves = moves, .n = n };
    d->first = qz_calloc(n + 1, sizeof *d->first);
    d->turn = qz_calloc(n, sizeof *d->turn);
    d->via = qz_calloc(n, sizeof *d->via);
    d->stays = qz_calloc(n, sizeof *d->stays);
    if (!d->first || !d->turn || !d->via || !d->stays)
        return qz_fail_nomem(ctx);
    for (size_t i = 0; i < n; i++) {
        if (i == 0 || strcmp(moves[i - 1].from, moves[i].from) != 0)
            d->first[d->n_givers++] = (uint32_t)i;
        d->stays[d->n_givers - 1] = d->stays[d->n_givers - 1] || stays(&moves[i]);
    }
    d->first[d->n_givers] = (uint32_t)n;
    return 0;
}

static uint32_t giver_named(const struct day *d, const char *code) {
    size_t low = 0, high = d->n_givers;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        int order = strcmp(d->moves[d->first[middle]].from, code);
        if (order == 0)
            return (uint32_t)middle;
        if (order < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return QZ_NOWHERE;
}

/* The giver whose turn was put off: QZ_NOWHERE: none, all have theirs. */
static uint32_t put_off_turns(struct day *d) {
    uint32_t last = QZ_NOWHERE;
    for (uint32_t g = 0; g < d->n_givers; g++)
        for (uint32_t i = d->first[g]; i < d->first[g + 1]; i++) {
            uint32_t to = stays(&d->moves[i]) ? QZ_NOWHERE : giver_named(d, d->moves[i].to);
            if (to == QZ_NOWHERE || d->turn[to] > d->turn[g])
                continue;
            d->turn[to] = d->turn[g] + 1;
            d->via[to] = i;
            last = to;
        }
    return last;
}

/* Back along the moves that put it off until they must have come round, then once along them. */
static int tell_circle(struct qz_ctx *ctx, const char *source, const struct day *d, uint32_t at) {
    enum { MOST_SHOWN = 12 };
    const struct qz_move *m = NULL;
    uint32_t ring[MOST_SHOWN], n = 0;
    for (uint32_t i = 0; i <= d->n_givers && d->turn[at] > 0; i++)
        at = giver_named(d, d->moves[d->via[at]].from);
    for (uint32_t g = at; n < MOST_SHOWN && d->turn[g] > 0;) {
        ring[n++] = d->via[g];
        g = giver_named(d, d->moves[d->via[g]].from);
        if (g == at)
            break;
    }
    struct qz_text path = { 0 };
    for (uint32_t i = n; i-- > 0;) {
        m = &d->moves[ring[i]];
        qz_text_add(&path, "%s -> %s (row %zu)%s", m->from, m->to, m->row, i ? ", " : "");
    }
    uint32_t date = d->moves[0].date;
    int r = qz_fail(ctx, QZ_E_DATA,
                    "%s: on %04u-%02u-%02u communes become one another in a circle or without end: "
                    "%s; correct the table",
                    source, date / 10000, date / 100 % 100, date % 100, path.data ? path.data : "");
    qz_text_done(&path);
    return r;
}

static int give_turns(struct qz_ctx *ctx, const char *source, struct day *d) {
    enum { MOST_TURNS = 100 }; /* of a day; real ones have two */
    uint32_t last = 0;
    for (size_t i = 0; last != QZ_NOWHERE; i++) {
        last = put_off_turns(d);
        if (last != QZ_NOWHERE && (i > d->n_givers || i > MOST_TURNS))
            return tell_circle(ctx, source, d, last);
    }
    return 0;
}

/* A commune that stays takes part in each turn that changes it. */
static int add_with_stays(struct qz_ctx *ctx, const struct day *d, const struct qz_move *move,
                          struct qz_codes *out) {
    const char *ends[] = { move->from, move->to };
    int r = add_move(ctx, out, *move);
    for (size_t k = 0; k < COUNT(ends) && r == 0; k++) {
        uint32_t g = giver_named(d, ends[k]);
        if (g == QZ_NOWHERE || !d->stays[g])
            continue;
        struct qz_move stay = *move;
        memcpy(stay.from, ends[k], sizeof stay.from);
        memcpy(stay.to, ends[k], sizeof stay.to);
        r = add_move(ctx, out, stay);
    }
    return r;
}

static int order_day(struct qz_ctx *ctx, const char *source, struct qz_move *moves, size_t n,
                     struct qz_codes *out) {
    struct day d;
    int r = open_day(ctx, moves, n, &d);
    if (r == 0)
        r = give_turns(ctx, source, &d);
    for (uint32_t g = 0; g < d.n_givers && r == 0; g++)
        for (uint32_t i = d.first[g]; i < d.first[g + 1] && r == 0; i++) {
            moves[i].turn = d.turn[g];
            if (!stays(&moves[i]))
                r = add_with_stays(ctx, &d, &moves[i], out);
        }
    day_done(&d);
    return r;
}

static void drop_repeated(struct qz_codes *codes) {
    size_t n = 0;
    for (size_t i = 0; i < codes->n; i++) {
        const struct qz_move *m = &codes->items[i], *before = n ? &codes->items[n - 1] : NULL;
        if (!before || before->date != m->date || before->turn != m->turn ||
            strcmp(before->from, m->from) != 0 || strcmp(before->to, m->to) != 0)
            codes->items[n++] = *m;
    }
    codes->n = n;
}

/* Day by day into `out`. */
static int order_moves(struct qz_ctx *ctx, const char *source, struct qz_codes *codes,
                       struct qz_codes *out) {
    int r = 0;
    if (codes->n)
        qsort(codes->items, codes->n, sizeof *codes->items, by_turn);
    for (size_t i = 0, n; i < codes->n && r == 0; i += n) {
        for (n = 1; i + n < codes->n && codes->items[i + n].date == codes->items[i].date;)
            n++;
        r = order_day(ctx, source, codes->items + i, n, out);
    }
    if (out->n)
        qsort(out->items, out->n, sizeof *out->items, by_turn);
    drop_repeated(out);
    return r;
}

int qz_codes_read(struct qz_ctx *ctx, const struct qz_input *input, struct qz_issues *issues,
                  struct qz_input_report *report, struct qz_codes **ret) {
    static const struct qz_reader_need needs[] = { { QZ_ROLE_FROM, true },
                                                   { QZ_ROLE_TO, true },
                                                   { QZ_ROLE_DATE, true } };
    struct columns columns;
    struct qz_reader reader;
    struct qz_codes rows = { 0 };
    qz_cleanup(qz_codes_freep) struct qz_codes *codes = qz_calloc(1, sizeof *codes);
    if (!codes)
        return qz_fail_nomem(ctx);
    int r = qz_reader_open(ctx, input, needs, COUNT(needs), &reader);
    if (r == 0)
        columns = (struct columns) { qz_table_column(reader.table, "mod"),
                                     qz_table_column(reader.table, "typecom_av"),
                                     qz_table_column(reader.table, "typecom_ap") };
    while (r == 0 && (r = qz_table_next(ctx, reader.table)) > 0) {
        reader.n_rows++;
        r = read_row(ctx, &reader, &columns, issues, &rows);
    }
    if (r == 0)
        r = qz_reader_end(ctx, &reader);
    if (r == 0)
        r = qz_reader_tell_codes(ctx, &reader, issues);
    if (r == 0)
        r = order_moves(ctx, reader.source, &rows, codes);
    *report = qz_reader_report(&reader);
    qz_reader_done(&reader);
    free(rows.items);
    if (r < 0)
        return r;
    *ret = codes;
    codes = NULL;
    return 0;
}
