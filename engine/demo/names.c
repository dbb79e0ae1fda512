/* engine/demo/names.c - invented names, all different, and INSEE codes.
 * A departement has the two figures of a real one, from 99 (which does not exist) down to 01,
 * without those of Corsica and of overseas; within it the communes are numbered by name, as in
 * France. */
#include <stdio.h>
#include <string.h>
#include "demo/country.h"
#include "demo/dice.h"
#include "demo/names.h"

enum { PURPOSE_NAME = 51, MOST_PER_DEP = 999, MOST_TRIES = 4000 };

static const char *const saints[] = {
    "Saint-Aubin",      "Saint-Hilaire",  "Saint-Léger",   "Saint-Étienne", "Saint-Loup",
    "Saint-Cyr",        "Saint-Éloi",     "Saint-Sulpice", "Saint-Gervais", "Saint-Maixent",
    "Saint-Front",      "Saint-Yrieix",   "Saint-Priest",  "Saint-Sornin",  "Saint-Méen",
    "Saint-Amand",      "Saint-Junien",   "Saint-Pardoux", "Saint-Médard",  "Saint-Clément",
    "Saint-Barthélemy", "Saint-Genès",    "Saint-Ouen",    "Saint-Félix",   "Sainte-Radegonde",
    "Sainte-Eulalie",   "Sainte-Colombe", "Sainte-Gemme",  "Sainte-Cécile", "Sainte-Hélène",
};
static const char *const heads[] = {
    "Mont", "Val", "Cham", "Bel", "Mar", "Ver", "Cour", "Bri", "Lan",  "Fon",  "Pé",
    "Châ",  "Sau", "Mé",   "Gri", "Ro",  "Tré", "Vi",   "Noi", "Bœu",  "Cré",  "Gar",
    "Lou",  "Maz", "Or",   "Pui", "Ri",  "Sa",  "Tou",  "Var", "Auzi", "Bou",  "Chê",
    "Dou",  "Es",  "Fleu", "Gou", "Hau", "Jar", "Li",   "Mou", "Nan",  "Pont", "Quin",
    "Rou",  "Sé",  "Thi",  "Us",  "Vou", "Bra", "Cœu",  "Fré", "Plé",  "Ger",
};
static const char *const middles[] = {
    "",    "",   "",   "be", "ri", "la", "no",  "vi", "mé", "ro",
    "gue", "se", "da", "lo", "té", "ra", "che", "mo", "li", "ve"
};
static const char *const tails[] = {
    "gny",  "ville",  "court", "lières", "veuil", "nay",   "ré",   "zères", "lles",   "non",
    "llac", "ranges", "vres",  "telles", "gny",   "nège",  "côme", "mont",  "vaux",   "bert",
    "zac",  "cy",     "ssac",  "ssé",    "rac",   "teau",  "gnac", "ron",   "dières", "zay",
    "nac",  "nville", "beuf",  "lange",  "reuil", "logne", "vron", "çon",   "ntré",   "mières",
};
static const char *const rivers[] = { "Ouvelle", "Tardenne", "Sarvole", "Liœuvre",
                                      "Doisne",  "Ambrelle", "Cèvre",   "Blaurette" };
static const char *const lowland[] = { "-les-Bois",   "-la-Forêt",   "-le-Grand",  "-le-Petit",
                                       "-en-Plaine",  "-les-Étangs", "-le-Vieux",  "-aux-Chênes",
                                       "-la-Rivière", "-des-Champs", "-le-Château" };
static const char *const upland[] = { "-la-Montagne", "-les-Monts", "-le-Haut", "-le-Désert",
                                      "-sous-Roche",  "-la-Roche",  "-les-Puys" };
static const char *const articles[] = { "Le Bourg-",  "La Chapelle-", "Les Essarts-", "La Ferté-",
                                        "Le Mesnil-", "Les Loges-",   "L'Hôpital-",   "La Croix-" };

#define PICK(d, list) (list)[qz_dice_below((d), COUNT(list))]

static void invent(const struct qz_commune *m, uint64_t try, char *name, size_t size) {
    struct qz_dice d = qz_dice_of(qz_dice_key(m->key, PURPOSE_NAME, try, 0), 0);
    char root[24];
    snprintf(root, sizeof root, "%s%s%s", PICK(&d, heads), PICK(&d, middles), PICK(&d, tails));
    double form = qz_dice_roll(&d);
    bool plain = m->place >= QZ_PLACE_TOWN;
    const char *suffix = m->upland > 0 ? PICK(&d, upland) : PICK(&d, lowland);
    if (plain || form < 0.38)
        snprintf(name, size, "%s", root);
    else if (form < 0.46)
        snprintf(name, size, "%s%s", root, suffix);
    else if (form < 0.54)
        snprintf(name, size, "%s-sur-%s", root, PICK(&d, rivers));
    else if (form < 0.62)
        snprintf(name, size, "%s%s", PICK(&d, articles), root);
    else if (form < 0.74)
        snprintf(name, size, "%s%s", PICK(&d, saints), suffix);
    else if (form < 0.84)
        snprintf(name, size, "%s-sur-%s", PICK(&d, saints), PICK(&d, rivers));
    else
        snprintf(name, size, "%s-de-%s", PICK(&d, saints), root);
}

static uint64_t name_key(const char *name) {
    uint64_t key = 0;
    for (const char *p = name; *p; p++)
        key = qz_dice_key(key, (unsigned char)*p, 0, 0);
    return key ? key : 1;
}

/* Remembers a name; false when it was there. The table is never more than half full. */
static bool remember(uint64_t *seen, size_t mask, uint64_t key) {
    for (size_t i = key & mask;; i = (i + 1) & mask) {
        if (seen[i] == key)
            return false;
        if (seen[i] == 0) {
            seen[i] = key;
            return true;
        }
    }
}

static int name_all(struct qz_ctx *ctx, struct qz_country *c) {
    size_t room = 64;
    while (room < 2 * c->n)
        room *= 2;
    qz_cleanup(qz_freep) uint64_t *seen = qz_calloc(room, sizeof *seen);
    if (!seen)
        return qz_fail_nomem(ctx);
    for (size_t i = 0; i < c->n; i++) {
        struct qz_commune *m = &c->communes[i];
        uint64_t try = 0;
        do
            invent(m, try, m->name, sizeof m->name);
        while (!remember(seen, room - 1, name_key(m->name)) && ++try < MOST_TRIES);
        if (try == MOST_TRIES)
            return qz_fail(ctx, QZ_E_RANGE, "demo: no names left for %zu communes", c->n);
    }
    return 0;
}

/* What the order looks at, beside the commune's number. */
struct entry {
    uint32_t dep, commune;
    const char *name;
};

static int by_dep_and_name(const void *a, const void *b) {
    const struct entry *x = a, *y = b;
    if (x->dep != y->dep)
        return x->dep < y->dep ? 1 : -1; /* 99 comes last */
    return strcmp(x->name, y->name);
}

static unsigned dep_code(unsigned rank) {
    unsigned code = 99;
    for (; rank > 0 || code == 98 || code == 97 || code == 20; code--)
        if (code != 98 && code != 97 && code != 20)
            rank--;
    return code;
}

/* Departements in the order of their capitals' numbers: the central one is 99. */
static int list(struct qz_ctx *ctx, const struct qz_country *c, struct entry *ret) {
    qz_cleanup(qz_freep) uint32_t *rank = qz_calloc(c->n, sizeof *rank);
    if (!rank)
        return qz_fail_nomem(ctx);
    uint32_t n = 0;
    for (uint32_t i = 0; i < c->n; i++)
        if (c->communes[i].place == QZ_PLACE_CAPITAL)
            rank[i] = n++;
    for (uint32_t i = 0; i < c->n; i++)
        ret[i] = (struct entry) { rank[c->communes[i].area[QZ_AREA_DEP]], i, c->communes[i].name };
    return 0;
}

int qz_names_give(struct qz_ctx *ctx, struct qz_country *c) {
    qz_cleanup(qz_freep) struct entry *entries = qz_malloc(c->n, sizeof *entries);
    if (!entries)
        return qz_fail_nomem(ctx);
    int r = name_all(ctx, c);
    if (r < 0 || (r = list(ctx, c, entries)) < 0)
        return r;
    qsort(entries, c->n, sizeof *entries, by_dep_and_name);
    for (size_t i = 0, number = 1; i < c->n; i++, number++) {
        if (i > 0 && entries[i].dep != entries[i - 1].dep)
            number = 1;
        if (number > MOST_PER_DEP)
            return qz_fail(ctx, QZ_E_RANGE, "demo: a departement has more than 999 communes");
        c->order[i] = entries[i].commune;
        snprintf(c->communes[entries[i].commune].insee, sizeof c->communes->insee, "%02u%03u",
                 dep_code(entries[i].dep) % 100, (unsigned)number % 1000);
    }
    return 0;
}

void qz_names_dep(const char *insee, char *ret, size_t size) {
    static const char *const forms[] = {
        "Haute-",     "Basse-",      "Val-de-",      "Monts-de-", "Pays-de-", "Coteaux-de-",
        "Plaine-de-", "Sources-de-", "Plateaux-de-", "Rives-de-", "Vaux-de-", "Marches-de-"
    };
    unsigned rank = 99 - ((unsigned)(insee[0] - '0') * 10 + (unsigned)(insee[1] - '0'));
    snprintf(ret, size, "%s%s", forms[rank / COUNT(rivers) % COUNT(forms)],
             rivers[rank % COUNT(rivers)]);
}

void qz_names_epci(const struct qz_commune *seat, char *ret, size_t size) {
    static const char *const forms[] = { "CC du Pays de %s", "CC %s et ses Vallées", "CC de %s",
                                         "%s Communauté", "CC des Rives de %s" };
    const char *form = seat->place == QZ_PLACE_CAPITAL ? "CA du Grand %s"
                       : seat->upland > 0              ? "CC des Monts de %s"
                                                       : forms[seat->key % COUNT(forms)];
    const char *hole = strchr(form, '%');
    snprintf(ret, size, "%.*s%s%s", (int)(hole - form), form, seat->name, hole + 2);
}
