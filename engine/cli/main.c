/* engine/cli/main.c - the command table, arguments, exit codes, printing. */
#include <getopt.h>
#include <math.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "cli/options.h"
#include "cli/print.h"
#include "quinze/demo.h"
#include "quinze/run.h"

static volatile sig_atomic_t stopped;
static void on_signal(int signal_number) {
    (void)signal_number;
    stopped = 1;
}

/* ---- options: one table for all commands */
enum {
    OPTION_OVERWRITE = 256,
    OPTION_JSON,
    OPTION_THREADS,
    OPTION_COMMUNES,
    OPTION_SEED,
    OPTION_LIMIT_MIN,
    OPTION_CELL_M,
    OPTION_WALK_KMH,
    OPTION_WALK_LIMIT_M,
    OPTION_SIMPLIFY_M,
    OPTION_MIN_ISLAND_HA,
    OPTION_MIN_HOLE_HA,
    OPTION_MERGE,
    OPTION_MOVES,
    OPTION_BARRIERS,
    OPTION_PROFILE,
    OPTION_SPEEDS,
    OPTION_CRS,
    OPTION_LAYER,
    OPTION_NODES,
    OPTION_ID,
    OPTION_DUMP,
    OPTION_BANDS_MIN,
    OPTION_TERRITORY,
    OPTION_PEOPLE,
    OPTION_POPULATION,
    OPTION_COVER,
    OPTION_CLASSES,
    OPTION_FRICTION,
    OPTION_UNIT,
    OPTION_ROADS,
    OPTION_DEM,
    OPTION_SITES,
    OPTION_ALLOCATION,
    OPTION_MODEL,
    OPTION_DEMAND,
};
static const struct option long_options[] = {
    { "overwrite", no_argument, NULL, OPTION_OVERWRITE },
    { "quiet", no_argument, NULL, 'q' },
    { "json", no_argument, NULL, OPTION_JSON },
    { "threads", required_argument, NULL, OPTION_THREADS },
    { "communes", required_argument, NULL, OPTION_COMMUNES },
    { "seed", required_argument, NULL, OPTION_SEED },
    { "limit-min", required_argument, NULL, OPTION_LIMIT_MIN },
    { "profile", required_argument, NULL, OPTION_PROFILE },
    { "speeds", required_argument, NULL, OPTION_SPEEDS },
    { "crs", required_argument, NULL, OPTION_CRS },
    { "layer", required_argument, NULL, OPTION_LAYER },
    { "nodes", required_argument, NULL, OPTION_NODES },
    { "id", required_argument, NULL, OPTION_ID },
    { "dump", required_argument, NULL, OPTION_DUMP },
    { "cell-m", required_argument, NULL, OPTION_CELL_M },
    { "walk-kmh", required_argument, NULL, OPTION_WALK_KMH },
    { "walk-limit-m", required_argument, NULL, OPTION_WALK_LIMIT_M },
    { "simplify-m", required_argument, NULL, OPTION_SIMPLIFY_M },
    { "min-island-ha", required_argument, NULL, OPTION_MIN_ISLAND_HA },
    { "min-hole-ha", required_argument, NULL, OPTION_MIN_HOLE_HA },
    { "merge", no_argument, NULL, OPTION_MERGE },
    { "bands-min", required_argument, NULL, OPTION_BANDS_MIN },
    { "territory", required_argument, NULL, OPTION_TERRITORY },
    { "people", required_argument, NULL, OPTION_PEOPLE },
    { "population", required_argument, NULL, OPTION_POPULATION },
    { "cover", required_argument, NULL, OPTION_COVER },
    { "classes", required_argument, NULL, OPTION_CLASSES },
    { "friction", required_argument, NULL, OPTION_FRICTION },
    { "unit", required_argument, NULL, OPTION_UNIT },
    { "roads", required_argument, NULL, OPTION_ROADS },
    { "dem", required_argument, NULL, OPTION_DEM },
    { "barriers", required_argument, NULL, OPTION_BARRIERS },
    { "sites", required_argument, NULL, OPTION_SITES },
    { "allocation", required_argument, NULL, OPTION_ALLOCATION },
    { "model", required_argument, NULL, OPTION_MODEL },
    { "demand", required_argument, NULL, OPTION_DEMAND },
    { "moves", required_argument, NULL, OPTION_MOVES },
    { "help", no_argument, NULL, 'h' },
    { NULL, 0, NULL, 0 },
};

struct command {
    const char *name, *usage, *does;
    int least, most; /* arguments */
    int (*run)(struct qz_ctx *ctx, const struct options *o);
};

/* ---- run and check */
static int finish(const struct qz_report *report, const struct options *o, const char *output,
                  FILE *to) {
    if (o->json)
        print_json(to, report, output);
    else if (!o->quiet)
        print_summary(to, report, output);
    return fflush(to) == 0 ? DONE : FAILED;
}

int fail(struct qz_ctx *ctx, int code) {
    fprintf(stderr, "quinze: error: %s\n", qz_ctx_error(ctx));
    return code == QZ_E_PLAN ? BAD_USAGE : FAILED;
}

int bad_usage(const char *format, ...) {
    va_list args;
    va_start(args, format);
    fputs("quinze: error: ", stderr);
    vfprintf(stderr, format, args);
    fputc('\n', stderr);
    va_end(args);
    return BAD_USAGE;
}

static int do_run(struct qz_ctx *ctx, const struct options *o) {
    struct qz_plan *plan = NULL;
    struct qz_report *report = NULL;
    struct qz_run_params params = { .overwrite = o->overwrite };
    int e = qz_plan_read(ctx, o->arguments[0], &plan);
    if (e == 0)
        e = qz_run(ctx, plan, &params, o->arguments[1], &report);
    print_progress_end();
    int code = e < 0 ? fail(ctx, e) : finish(report, o, o->arguments[1], stdout);
    qz_report_free(report);
    qz_plan_free(plan);
    return code;
}

/* The plan's [siting], with what the command line says instead. */
static int do_locate(struct qz_ctx *ctx, const struct options *o) {
    struct qz_plan *plan = NULL;
    struct qz_report *report = NULL;
    struct qz_run_params params = { .overwrite = o->overwrite, .sites_only = true };
    char minutes[32];
    snprintf(minutes, sizeof minutes, "%.10g", o->limit_min);
    const struct qz_plan_setting settings[] = {
        { "siting", "sites", o->sites },
        { "siting", "model", o->model },
        { "siting", "demand", o->demand },
        { "siting", "limit_min", o->limit_min > 0 ? minutes : NULL },
    };
    int e = qz_plan_read_with(ctx, o->arguments[0], settings, sizeof settings / sizeof settings[0],
                              &plan);
    if (e == 0)
        e = qz_run(ctx, plan, &params, o->arguments[1], &report);
    print_progress_end();
    if (e == 0 && !o->json && !o->quiet)
        print_sites(stdout, report);
    int code = e < 0 ? fail(ctx, e) : finish(report, o, o->arguments[1], stdout);
    qz_report_free(report);
    qz_plan_free(plan);
    return code;
}

static int do_check(struct qz_ctx *ctx, const struct options *o) {
    struct qz_plan *plan = NULL;
    struct qz_report *report = NULL;
    int e = qz_plan_read(ctx, o->arguments[0], &plan);
    if (e == 0)
        e = qz_check(ctx, plan, &report);
    print_progress_end();
    if (e == 0 && !o->json)
        print_issues(stdout, report);
    int code = e < 0 ? fail(ctx, e) : finish(report, o, NULL, stdout);
    qz_report_free(report);
    qz_plan_free(plan);
    return code;
}

/* ---- demo */
static int do_demo(struct qz_ctx *ctx, const struct options *o) {
    struct qz_demo_params params = qz_demo_params_default;
    if (o->communes)
        params.n_communes = (uint32_t)o->communes;
    if (o->seed)
        params.seed = (uint64_t)o->seed;
    params.overwrite = o->overwrite;
    int e = qz_demo_write(ctx, &params, o->arguments[0]);
    print_progress_end();
    if (e < 0)
        return fail(ctx, e);
    if (!o->quiet)
        printf("%s/plan.ini: run it with 'quinze run %s/plan.ini OUT.gpkg'\n", o->arguments[0],
               o->arguments[0]);
    return DONE;
}

static const struct command commands[] = {
    { "run", "[--overwrite] PLAN.ini OUT.gpkg", "read, compute, write every layer", 2, 2, do_run },
    { "locate",
      "[--sites N] [--model M] [--demand D] [--limit-min M] [--overwrite] PLAN.ini OUT.gpkg",
      "where to put the next maisons de sante, and why", 2, 2, do_locate },
    { "check", "PLAN.ini", "read and check the inputs, list what cannot be used", 1, 1, do_check },
    { "demo", "[--communes N] [--seed S] [--overwrite] DIR",
      "write the demonstration territory and its plan", 1, 1, do_demo },
    { "network",
      "[--profile P] [--speeds FILE] [--crs EPSG:N] [--layer L] [--nodes NODES] ROADS NET.qzn",
      "compile roads into a network that opens at once; --dump DIR NET.qzn writes nodes.csv and "
      "edges.csv",
      1, 2, do_network },
    { "nearest", "[--id COLUMN] [--crs EPSG:N] NET.qzn|ROADS SITES ORIGINS OUT.csv|OUT.gpkg",
      "the nearest site of each origin, in seconds by road", 4, 4, do_nearest },
    { "matrix",
      "--limit-min M [--id COLUMN] [--crs EPSG:N] NET.qzn|ROADS SITES ORIGINS OUT.csv|OUT.gpkg",
      "all pairs of origin and site within M minutes, in seconds by road", 4, 4, do_matrix },
    { "isochrone",
      "[--bands-min 5,10,15] [--merge] [--territory POLYGONS] [--people POINTS]\n"
      "      [--cover LC.tif] [--dem DEM.tif] [--cell-m M] [--simplify-m M]\n"
      "      [NET.qzn|ROADS] SITES OUT.gpkg|OUT.shp|OUT.geojson",
      "from where each site is reached within each time: nested polygons; without roads, over the "
      "ground alone",
      2, 3, do_isochrone },
    { "surface",
      "[--cover LC.tif [--classes TABLE]] [--friction F.tif [--unit s/m|min/m]] [--roads ROADS]\n"
      "      [--barriers FILE]... [--dem DEM.tif] [--cell-m M] [--walk-kmh V]\n"
      "      [--sites SITES [--limit-min M] [--moves 8|16] [--allocation OUT2.tif]] OUT.tif",
      "the friction of the ground in seconds a metre, or the seconds from each cell to the nearest "
      "site, as a Cloud Optimized GeoTIFF",
      1, 1, do_surface },
};

static const char isochrone_help[] =
    "\noptions of isochrone:\n"
    "  --bands-min LIST      rising minutes, at most 12; default 5,10,15,20,30\n"
    "  --merge               one set of bands for all sites, to the nearest of them; else one a "
    "site\n"
    "  --territory POLYGONS  land: people walk there and nowhere else; default: anywhere, the sea "
    "too\n"
    "  --people POINTS       their population within each band, by their own times (by road: with\n"
    "                        a straight way to it, whatever the ground)\n"
    "  --population COLUMN   of --people; default: population, pmun, pop ...\n"
    "  --cover, --classes, --friction, --unit, --dem, --barriers\n"
    "                        the ground that people walk over off the roads, as for surface\n"
    "  --cell-m M            of the grid that is drawn from; default: the ground's own, else 100\n"
    "  --walk-kmh V          off the road; default 5\n"
    "  --walk-limit-m M      how far from the road people walk; default 1000\n"
    "  --simplify-m M        how far a line may move; 0: exact; default half a cell\n"
    "  --min-island-ha A, --min-hole-ha A\n"
    "                        smaller ones are not drawn; default 4\n"
    "GeoJSON is written in WGS 84 (RFC 7946), the others in the system of the network.\n";

static const char surface_help[] =
    "\noptions of surface:\n"
    "  --cover LC.tif     land cover; its cells are those of the output\n"
    "  --classes TABLE    walking speeds by class: corine, worldcover, auto, or a file of codes "
    "and km/h\n"
    "  --friction F.tif   time to cross a metre, > 0; no data: nobody passes, or the land cover's\n"
    "  --unit U           of the friction: s/m (default) or min/m\n"
    "  --roads ROADS      over the ground at the speeds of --profile (cars); a road over a barrier "
    "is a bridge.\n"
    "                     For walkers give a table of walking speeds: --speeds FILE\n"
    "  --barriers FILE    lines and areas that nobody crosses; may stand several times\n"
    "  --dem DEM.tif      heights, of any cells\n"
    "  --cell-m M         without land cover and friction: side of the cells; default: the "
    "heights' own, else 100\n"
    "  --walk-kmh V       without land cover and friction: walking speed; default 5\n"
    "  --sites SITES      write seconds to the nearest of these points; slopes count where there "
    "is "
    "a --dem\n"
    "  --limit-min M      no farther than M minutes\n"
    "  --moves 8|16       cells that a step may go to; default 16\n"
    "  --allocation OUT2.tif  also the row number of the nearest site\n";

static const char locate_help[] =
    "\noptions of locate, instead of what [siting] of the plan says:\n"
    "  --sites N       how many; default 5\n"
    "  --model M       covering (most demand within the limit, the default), p-median (least "
    "travel),\n"
    "                  set-cover (fewest sites for the plan's share_percent)\n"
    "  --demand D      apl (people whose score at the horizon is too low, the default), beyond, "
    "people, or a [group]\n"
    "  --limit-min M   default 15\n"
    "Layers: implantations, zones (with the communes that each site serves), communes, "
    "territories, sites.\n";

static void print_help(FILE *to, const struct command *only) {
    fprintf(to, "usage: quinze COMMAND [options] INPUT... OUTPUT\n\n");
    for (size_t i = 0; i < sizeof commands / sizeof commands[0]; i++)
        if (!only || only == &commands[i])
            fprintf(to, "  quinze %s %s\n      %s\n", commands[i].name, commands[i].usage,
                    commands[i].does);
    if (only && only->run == do_isochrone)
        fputs(isochrone_help, to);
    if (only && only->run == do_surface)
        fputs(surface_help, to);
    if (only && only->run == do_locate)
        fputs(locate_help, to);
    fprintf(
        to,
        "\noptions:\n"
        "  --overwrite    replace an existing output\n"
        "  --threads N    default: as many as the machine has; the result never depends on it\n"
        "  --json         the report as JSON on standard output\n"
        "  --profile P    speed table: osm-car, bdtopo-car, route500-car, auto (a plan also: "
        "metric); --speeds FILE: one of your own\n"
        "  --crs EPSG:N   system of the network (metres), and of a file that names none\n"
        "  --layer L      layer of the roads; --nodes FILE: nodes of a graph, ROADS are its edges\n"
        "  --id COLUMN    that names sites and origins; default: id, site_id, insee_com ...\n"
        "  -q, --quiet    no progress, no summary\n"
        "  --version      versions of quinze and its libraries\n"
        "exit codes: 0 done, 1 failed, 2 bad usage or bad plan\n");
}

/* A whole number within bounds; false: say so. */
static bool whole(const char *text, long low, long high, long *ret) {
    char *end;
    *ret = strtol(text, &end, 10);
    return *text && !*end && *ret >= low && *ret <= high;
}

/* A number within bounds; else says what it is not. */
static bool real(const char *text, double low, double high, const char *what, double *ret) {
    char *end;
    *ret = strtod(text, &end); /* main keeps the C locale */
    if (*text && !*end && *ret >= low && *ret <= high)
        return true;
    fprintf(stderr, "quinze: error: '%s' is not a number of %s from %g to %g\n", text, what, low,
            high);
    return false;
}

static bool add_barrier(struct options *o) {
    static const int most = sizeof o->barriers / sizeof o->barriers[0];
    if (o->n_barriers == most)
        fprintf(stderr, "quinze: error: --barriers stands more than %d times\n", most);
    else
        o->barriers[o->n_barriers++] = optarg;
    return o->n_barriers < most || o->barriers[most - 1] == optarg;
}

static bool parse_option(int option, struct options *o) {
    static const size_t texts[] = {
        [OPTION_PROFILE - OPTION_PROFILE] = offsetof(struct options, profile),
        [OPTION_SPEEDS - OPTION_PROFILE] = offsetof(struct options, speeds),
        [OPTION_CRS - OPTION_PROFILE] = offsetof(struct options, crs),
        [OPTION_LAYER - OPTION_PROFILE] = offsetof(struct options, layer),
        [OPTION_NODES - OPTION_PROFILE] = offsetof(struct options, nodes),
        [OPTION_ID - OPTION_PROFILE] = offsetof(struct options, id),
        [OPTION_DUMP - OPTION_PROFILE] = offsetof(struct options, dump),
        [OPTION_BANDS_MIN - OPTION_PROFILE] = offsetof(struct options, bands_min),
        [OPTION_TERRITORY - OPTION_PROFILE] = offsetof(struct options, territory),
        [OPTION_PEOPLE - OPTION_PROFILE] = offsetof(struct options, people),
        [OPTION_POPULATION - OPTION_PROFILE] = offsetof(struct options, population),
        [OPTION_COVER - OPTION_PROFILE] = offsetof(struct options, cover),
        [OPTION_CLASSES - OPTION_PROFILE] = offsetof(struct options, classes),
        [OPTION_FRICTION - OPTION_PROFILE] = offsetof(struct options, friction),
        [OPTION_UNIT - OPTION_PROFILE] = offsetof(struct options, unit),
        [OPTION_ROADS - OPTION_PROFILE] = offsetof(struct options, roads),
        [OPTION_DEM - OPTION_PROFILE] = offsetof(struct options, dem),
        [OPTION_SITES - OPTION_PROFILE] = offsetof(struct options, sites),
        [OPTION_ALLOCATION - OPTION_PROFILE] = offsetof(struct options, allocation),
        [OPTION_MODEL - OPTION_PROFILE] = offsetof(struct options, model),
        [OPTION_DEMAND - OPTION_PROFILE] = offsetof(struct options, demand),
    };
    long value;
    if (option >= OPTION_PROFILE) {
        memcpy((char *)o + texts[option - OPTION_PROFILE], &optarg, sizeof optarg);
        return true;
    }
    switch (option) {
    case OPTION_OVERWRITE:
        o->overwrite = true;
        return true;
    case OPTION_JSON:
        o->json = true;
        return true;
    case 'q':
        o->quiet = true;
        return true;
    case 'h':
        o->help = true;
        return true;
    case OPTION_THREADS:
        if (!whole(optarg, 1, 256, &value))
            break;
        o->threads = (int)value;
        return true;
    case OPTION_COMMUNES:
        if (whole(optarg, 1, 100000, &o->communes))
            return true;
        break;
    case OPTION_SEED:
        if (whole(optarg, 1, 2000000000, &o->seed))
            return true;
        break;
    case OPTION_LIMIT_MIN:
        return real(optarg, 0.01, 1440, "minutes", &o->limit_min);
    case OPTION_CELL_M:
        return real(optarg, 0.1, 1e5, "metres", &o->cell_m);
    case OPTION_WALK_KMH:
        return real(optarg, 0.1, 200, "km/h", &o->walk_kmh);
    case OPTION_WALK_LIMIT_M:
        return real(optarg, 0, 1e5, "metres", &o->walk_limit_m);
    case OPTION_SIMPLIFY_M:
        return real(optarg, 0, 1e5, "metres", &o->simplify_m);
    case OPTION_MIN_ISLAND_HA:
        return real(optarg, 0, 1e6, "hectares", &o->min_island_ha);
    case OPTION_MIN_HOLE_HA:
        return real(optarg, 0, 1e6, "hectares", &o->min_hole_ha);
    case OPTION_MERGE:
        o->merge = true;
        return true;
    case OPTION_BARRIERS:
        return add_barrier(o);
    case OPTION_MOVES:
        if (whole(optarg, 8, 16, &o->moves) && (o->moves == 8 || o->moves == 16))
            return true;
        fprintf(stderr, "quinze: error: '%s' moves: a step goes to 8 or 16 cells\n", optarg);
        return false;
    default:
        return false; /* getopt has said why */
    }
    fprintf(stderr, "quinze: error: '%s' is not a whole number in range\n", optarg);
    return false;
}

static bool parse(int argc, char **argv, int most, struct options *o) {
    for (int option; (option = getopt_long(argc, argv, "qh", long_options, NULL)) != -1;)
        if (!parse_option(option, o))
            return false;
    for (; optind < argc; optind++) {
        if (o->n_arguments == most) {
            fprintf(stderr, "quinze: error: one argument too many: '%s'\n", argv[optind]);
            return false;
        }
        o->arguments[o->n_arguments++] = argv[optind];
    }
    return true;
}

static int run_command(const struct command *command, const struct options *o) {
    struct qz_ctx_params params = qz_ctx_params_default;
    struct qz_ctx *ctx = NULL;
    struct progress progress = { .stop = &stopped,
                                 .show = !o->quiet && !o->json && isatty(STDERR_FILENO) };
    params.threads = o->threads;
    bool quiet = o->quiet;
    params.log = print_log;
    params.log_user = &quiet;
    params.progress = print_progress;
    params.progress_user = &progress;
    if (qz_ctx_new(&params, &ctx) < 0) {
        fprintf(stderr, "quinze: error: out of memory\n");
        return FAILED;
    }
    static const int signals[] = { SIGINT, SIGTERM, SIGHUP };
    struct sigaction action = { .sa_handler = on_signal };
    for (size_t i = 0; i < sizeof signals / sizeof signals[0]; i++)
        sigaction(signals[i], &action, NULL);
    int code = command->run(ctx, o);
    qz_ctx_free(ctx);
    return code;
}

int main(int argc, char **argv) {
    if (argc == 2 && strcmp(argv[1], "--version") == 0) {
        puts(qz_versions());
        return DONE;
    }
    if (argc == 2 && (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0)) {
        print_help(stdout, NULL);
        return DONE;
    }
    const struct command *command = NULL;
    for (size_t i = 0; argc > 1 && i < sizeof commands / sizeof commands[0]; i++)
        if (strcmp(commands[i].name, argv[1]) == 0)
            command = &commands[i];
    if (!command) {
        if (argc > 1)
            fprintf(stderr, "quinze: error: unknown command '%s'\n", argv[1]);
        print_help(stderr, NULL);
        return BAD_USAGE;
    }
    struct options o = {
        .walk_limit_m = NAN, .simplify_m = NAN, .min_island_ha = NAN, .min_hole_ha = NAN
    };
    if (!parse(argc - 1, argv + 1, command->most > 2 ? command->most : 2, &o))
        return BAD_USAGE;
    if (o.help) {
        print_help(stdout, command);
        return DONE;
    }
    if (o.n_arguments < command->least || o.n_arguments > command->most) {
        fprintf(stderr, "usage: quinze %s %s\n", command->name, command->usage);
        return BAD_USAGE;
    }
    return run_command(command, &o);
}
