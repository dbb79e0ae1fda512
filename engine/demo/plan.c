/* engine/demo/plan.c - the plan file of the demonstration. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include "demo/files.h"
#include "io/place.h"

static const char plan[] =
    "# Territoire de démonstration, inventé par « quinze demo ». Lancer :\n"
    "#     quinze run plan.ini resultat.gpkg\n"
    "# Les chemins sont relatifs au dossier de ce fichier.\n"
    "\n"
    "[territory]\n"
    "name=Territoire de démonstration\n"
    "# rien au-delà des limites : pas d'effet de bord\n"
    "closed=yes\n"
    "\n"
    "[communes]\n"
    "file=communes.gpkg\n"
    "layer=COMMUNE\n"
    "vintage=2026\n"
    "\n"
    "[points]\n"
    "# le point qui représente chaque commune : sa mairie\n"
    "file=chefs_lieux.csv\n"
    "vintage=2026\n"
    "crs=EPSG:2154\n"
    "\n"
    "[territories]\n"
    "# EPCI, territoires de vie-santé, bassins de vie, département\n"
    "file=territoires.csv\n"
    "vintage=2026\n"
    "\n"
    "[roads]\n"
    "file=routes.shp\n"
    "# vitesses de VIT_MOY_VL, sinon de NATURE et IMPORTANCE\n"
    "profile=bdtopo-car\n"
    "\n"
    "# la marche hors des routes, selon le terrain et sa pente ; sans cette "
    "section, à 5 km/h\n"
    "# (retirer les # ; pour un grand territoire, [isochrones] cell_m = celui "
    "des fichiers)\n"
    "#[surface]\n"
    "#cover=occupation_sol.tif\n"
    "#classes=corine\n"
    "#dem=relief.tif\n"
    "\n"
    "[population]\n"
    "file=population.csv\n"
    "vintage=2026\n"
    "\n"
    "[cells]\n"
    "# carreaux de population, calés sur la population de chaque commune\n"
    "file=carreaux.csv\n"
    "# ou, dans les villes, par IRIS :\n"
    "#file=iris.gpkg\n"
    "\n";

static const struct {
    const char *section, *profession, *more; /* more keys; NULL: none */
} professions[] = {
    { "gp", "medecin_generaliste",
      "# le registre de 2021 : arrivées et départs\n"
      "previous=praticiens_2021.csv\n"
      "previous_vintage=2021\n" },
    { "nurse", "infirmier", NULL },
    { "physiotherapist", "masseur_kinesitherapeute", NULL },
    { "midwife", "sage_femme", NULL },
    { "dentist", "chirurgien_dentiste", NULL },
    { "pharmacist", "pharmacien", NULL },
};

/* What the other tables are for; the # go as soon as the sections are known. */
static const char later[] =
    "# les âges, dans les communes de 2021 : les mouvements les ramènent à celles d'aujourd'hui\n"
    "[ages]\n"
    "file=population_ages.csv\n"
    "vintage=2021\n"
    "\n"
    "[movements]\n"
    "file=mouvements_communes.csv\n"
    "\n"
    "# les publics dont on veut savoir combien sont loin des soins\n"
    "[group aged_75plus]\n"
    "file=population.csv\n"
    "vintage=2026\n"
    "value=P21_POP75P\n"
    "unit=people\n"
    "label=habitants de 75 ans et plus\n"
    "\n"
    "[group no_car]\n"
    "file=menages.csv\n"
    "vintage=2026\n"
    "value=men_sans_voiture\n"
    "unit=households\n"
    "label=ménages sans voiture\n"
    "\n"
    "# un découpage à soi ; une commune y est partagée, 0,6 et 0,4\n"
    "[level cpts]\n"
    "file=cpts.csv\n"
    "vintage=2026\n"
    "territory=code_cpts\n"
    "territory_name=nom_cpts\n"
    "weight=poids\n"
    "\n"
    "[horizon]\n"
    "years=2031,2036\n"
    "\n"
    "[practitioners specialist]\n"
    "file=praticiens.csv\n"
    "crs=EPSG:2154\n"
    "vintage=2026\n"
    "profession=medecin_specialiste\n"
    "\n"
    "# services des hôpitaux : base des équipements\n"
    "[practitioners maternity]\n"
    "file=equipements.csv\n"
    "vintage=2026\n"
    "crs=EPSG:2154\n"
    "profession=D107\n"
    "\n"
    "[practitioners emergency]\n"
    "file=equipements.csv\n"
    "vintage=2026\n"
    "crs=EPSG:2154\n"
    "profession=D106\n"
    "\n"
    "# structures : catégories de FINESS\n"
    "[practitioners maison]\n"
    "file=etablissements.csv\n"
    "vintage=2026\n"
    "crs=EPSG:2154\n"
    "profession=603\n"
    "\n"
    "[practitioners centre]\n"
    "file=etablissements.csv\n"
    "vintage=2026\n"
    "crs=EPSG:2154\n"
    "profession=124\n"
    "\n"
    "# le zonage des médecins : la classe en vigueur, et la simulation à côté\n"
    "[official]\n"
    "file=zonages.csv\n"
    "vintage=2026\n"
    "value=zonage_medecin\n"
    "\n"
    "[zonage]\n"
    "regime=2021\n"
    "# les jauges d'une région inventée ; celles des vraies : geodata/zonage-regimes.csv\n"
    "zip_percent=15\n"
    "zac_percent=20\n"
    "\n"
    "[overrides]\n"
    "file=derogations.csv\n"
    "\n"
    "# zonages particuliers : listes de communes ou polygones\n"
    "[overlay frr]\n"
    "file=zonages.csv\n"
    "vintage=2026\n"
    "label=France ruralités revitalisation\n"
    "value=frr\n"
    "\n"
    "[overlay qpv]\n"
    "file=qpv.gpkg\n"
    "vintage=2024\n"
    "label=quartier prioritaire\n"
    "\n"
    "# un chiffre à soi, colonne des couches et terme possible d'un score\n"
    "[table delai]\n"
    "file=zonages.csv\n"
    "vintage=2026\n"
    "value=delai_jours\n"
    "label=délai d'attente chez le généraliste\n"
    "unit=jours\n"
    "\n"
    "[threat]\n"
    "level=epci\n"
    "territories=5\n"
    "score=gp_per_100k 0.3 all 0, gp_apl_horizon 0.3, gp_share_55plus 0.2, gp_share_15min 0.1, "
    "delai 0.1\n"
    "\n"
    "# le territoire en secteurs de population voisine\n"
    "[areas]\n"
    "areas=8\n"
    "\n"
    "# où ouvrir les prochaines maisons de santé\n"
    "[siting]\n"
    "sites=5\n"
    "\n";

/* One figure a row of thousands of communes and eleven professions would make a gigabyte. */
static const char large[] =
    "# la table des indicateurs commence aux territoires ; « communes » l'étend\n"
    "indicators=territories\n";

static bool print(FILE *f, size_t n_communes) {
    bool good = fputs(plan, f) >= 0;
    for (size_t i = 0; i < COUNT(professions); i++)
        good &= fprintf(f,
                        "[practitioners "
                        "%s]\nfile=praticiens.csv\ncrs=EPSG:2154\nvintage=2026\nprofession=%s\n"
                        "%s\n",
                        professions[i].section, professions[i].profession,
                        professions[i].more ? professions[i].more : "") > 0;
    good &= fputs(later, f) >= 0;
    good &= fputs("[output]\n# jamais l'horloge : deux calculs donnent les mêmes octets\n"
                  "date=2026-01-01\n",
                  f) >= 0;
    if (n_communes > QZ_DEMO_LARGE)
        good &= fputs(large, f) >= 0;
    return good;
}

int qz_demo_write_plan(struct qz_ctx *ctx, const char *path, size_t n_communes, bool overwrite) {
    qz_cleanup(qz_place_done) struct qz_place place = { 0 };
    int r = qz_place_init(ctx, &place, path, overwrite);
    if (r < 0)
        return r;
    FILE *f = fopen(place.file, "w");
    bool good = f && print(f, n_communes);
    if (f && fclose(f) != 0)
        good = false;
    if (!good)
        return qz_fail(ctx, QZ_E_IO, "%s: cannot be written: %s", path, strerror(errno));
    return qz_place_publish(ctx, &place);
}
