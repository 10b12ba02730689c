/* Faults inside every method: the k-th allocation of the computation fails, or the caller cancels at it. The
 * inputs are read once; then the method runs again and again, each time with another fault. A fault must end
 * in its own error with a message (or, where only a warning was lost, in the full result), and nothing may
 * crash or leak. Large counts of allocations are sampled. */
#include "base/rng.h"
#include "faults.h"
#include "op/invoke.h"

#include <math.h>
#include <unistd.h>

enum { MOST_FAULTS = 250, MOST_CANCELS = 40, MOST_INPUTS = 6, MOST_COLUMNS = 16 };

static char folder[] = "/tmp/agglo-fault-XXXXXX";

/* ---- the data ---- */

static agl_rng rng;
static double draw(void) { return agl__rng_unit(&rng); }

static FILE *begin(const char *name, const char *header) {
    char path[160];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    FILE *f = fopen(path, "w");
    fprintf(f, "%s\n", header);
    rng = agl__rng(1, 2, 3);
    return f;
}

static void write_regions(void) {
    FILE *f = begin("jobs.csv", "region,industry,year,value,establishments,outcome,area,basis");
    for (int r = 0; r < 9; r++)
        for (int i = 0; i < 8; i++)
            for (int y = 2010; y < 2016 && draw() > 0.02; y++)
                fprintf(f, "r%d,i%d,%d,%.0f,%d,%.3f,%d,%s\n", r, i, y, 10 + 300 * draw() * draw(), 1 + r,
                        20 + draw(), 50 + 20 * r, i < 5 ? "traded" : "local");
    fclose(f);
    f = begin("plants.csv", "industry,region,id,size,x,y");
    for (int i = 0; i < 60; i++)
        fprintf(f, "i%d,r%d,p%d,%d,%.3f,%.3f\n", i % 3, i % 7, i, 1 + (int)(40 * draw()), 50 * draw(),
                40 * draw());
    fclose(f);
    f = begin("places.csv", "region,place,site,value,weight,cost,lon,lat,group,id,kind,rd,actor");
    for (int r = 0; r < 9; r++)
        fprintf(f, "r%d,r%d,r%d,%.3f,%.3f,%.3f,%.3f,%.3f,g%d,r%d,%s,%.2f,r%d\n", r, r, r, 5 + draw(),
                1 + draw(), 1 + draw(), 5 + 4 * draw(), 45 + 4 * draw(), r % 3, r,
                r % 2 ? "firm" : "university", 1 + 9 * draw(), r);
    fclose(f);
    f = begin("groups.csv", "industry,group,cluster,title");
    for (int i = 0; i < 8; i++)
        fprintf(f, "i%d,g%d,c%d,Industry %d\n", i, i % 3, i % 3, i);
    fclose(f);
    f = begin("links.csv", "industry_a,industry_b,io,occupation");
    for (int i = 1; i < 8; i++)
        fprintf(f, "i0,i%d,%.3f,%.3f\n", i, draw(), draw());
    fclose(f);
    f = begin("income.csv", "region,value");
    for (int r = 0; r < 9; r++)
        fprintf(f, "r%d,%.1f\n", r, 1000 + 500 * draw());
    fclose(f);
}

static void write_firms(void) {
    FILE *f = begin("firms.csv", "firm,year,output,labour,capital,materials,investment,industry,region");
    for (int i = 0; i < 24; i++)
        for (int y = 2001; y < 2006; y++) {
            double k = exp(2 + draw()), w = draw(), l = exp(0.4 * log(k) + w + 0.3 * draw());
            fprintf(f, "f%02d,%d,%.4f,%.4f,%.4f,%.4f,%.4f,i%d,r%d\n", i, y,
                    pow(l, 0.6) * pow(k, 0.4) * exp(w + 0.1 * draw()), l, k, sqrt(k) * exp(w) * pow(l, 0.1),
                    k * exp(0.5 * w) / 5, i % 3, i % 4);
        }
    fclose(f);
    f = begin("needs.csv", "project,needs,other");
    fprintf(f, "p1,p2,p3\n");
    fclose(f);
    f = begin("shares.csv", "group,resource,share");
    fprintf(f, "g1,cost,0.1\n");
    fclose(f);
    f = begin("projects.csv", "project,value,cost,group");
    for (int i = 0; i < 8; i++)
        fprintf(f, "p%d,%.2f,%.2f,g%d\n", i, 1 + 5 * draw(), 1 + 3 * draw(), i % 2);
    fclose(f);
    f = begin("scenarios.csv", "project,scenario,value");
    for (int i = 0; i < 16; i++)
        fprintf(f, "p%d,s%d,%.2f\n", i / 2, i % 2, 1 + 5 * draw());
    fclose(f);
    f = begin("sectors.csv", "sector,consumption,rd");
    for (int i = 0; i < 6; i++)
        fprintf(f, "c%d,%.2f,%.2f\n", i, 1 + draw(), 1 + draw());
    fclose(f);
}

static void write_networks(void) {
    static const char *const kinds[] = {"firm", "university", "institute", "government"};
    FILE *f = begin("parts.csv", "project,actor,kind,start,money,region,name,topic,lon,lat");
    for (int i = 0; i < 120; i++) {
        int p = (int)(36 * draw()), a = (int)(16 * draw() * draw() + 2 * draw());
        fprintf(f, "p%02d,a%02d,%s,%d,%d,r%d,Actor %d,t%d,%.2f,%.2f\n", p, a, kinds[a % 4], 2008 + p / 3,
                10 + i, a % 5, a, p % 4, 4 + a / 3.0, 45.0 + a % 7);
    }
    fclose(f);
    f = begin("edges.csv", "source,target,weight");
    for (int i = 0; i < 17; i++)
        fprintf(f, "a%02d,a%02d,%.2f\na%02d,a%02d,%.2f\n", i, i + 1, 1 + draw(), i, (i * 5 + 3) % 18,
                1 + draw());
    fclose(f);
    f = begin("nodes.csv", "id,name,kind,region,topic,size,lon,lat,firm,market,mu,coordinated");
    for (int i = 0; i < 19; i++)
        fprintf(f, "a%02d,Actor %d,%s,r%d,t%d,%.2f,%.2f,%.2f,a%02d,m%d,%.3f,%d\n", i, i, kinds[i % 4], i % 3,
                i % 2, 1 + draw(), 3 + draw(), 44 + draw(), i, i % 4, 1 + draw(), i % 3);
    fclose(f);
    f = begin("flows.csv", "citing,cited,value,year,age");
    for (int i = 0; i < 6; i++)
        for (int k = 0; k < 6; k++)
            for (int y = 2000; y < 2008; y++)
                fprintf(f, "c%d,c%d,%d,%d,%d\n", i, k, 1 + (int)(9 * draw()), y, (i + k) % 3);
    fclose(f);
    f = begin("patents.csv", "class,year,patents");
    for (int i = 0; i < 6; i++)
        for (int y = 1995; y < 2012; y++)
            fprintf(f, "c%d,%d,%d\n", i, y, 20 + (int)(30 * draw()));
    fclose(f);
    f = begin("works.csv", "citing,cited");
    for (int i = 1; i < 40; i++)
        fprintf(f, "d%02d,d%02d\nd%02d,d%02d\n", i, (int)(i * draw()), i, i - 1);
    fclose(f);
    f = begin("names.csv", "name,country,city");
    for (int i = 0; i < 30; i++)
        fprintf(f, "%s %s %d%s,DE,City %d\n", i % 2 ? "University of" : "Institute for",
                i % 3 ? "Stone" : "Water", i / 3, i % 4 ? "" : " GmbH", i % 5);
    fclose(f);
}

/* ---- the methods ----
 * Words as on the command line: the first file is that of the main input, NAME=FILE another input's,
 * role=column or NAME.role=column binds a column, --option=value sets an option. */
static const char *const cases[] = {
    "measure specialization jobs.csv",
    "measure concentration jobs.csv --curves=2",
    "measure agglomeration plants.csv region_totals=places.csv --simulations=20",
    "measure clusters jobs.csv employment=value definitions=groups.csv",
    "measure complexity jobs.csv income=income.csv --draws=5",
    "measure relatedness jobs.csv",
    "measure coagglomeration jobs.csv groups=groups.csv links=links.csv --simulations=5 --permutations=9",
    "measure define jobs.csv employment=value titles=groups.csv --k-values=2 --starts=2 --rounds=2 "
    "--min-regions=2",
    "measure stage jobs.csv --window=2",
    "measure hotspots places.csv --permutations=9",
    "measure economies jobs.csv jobs=value control_1=establishments --fixed=industry,year --se=cluster "
    "--compare=true "
    "--bootstrap=2",
    "measure kdensity plants.csv --planar=km --simulations=20",
    "measure mfunction plants.csv --planar=km --simulations=20",
    "measure ripley plants.csv --planar=km --window=0,50,0,40 --simulations=20",
    "measure pointscore plants.csv --planar=km --simulations=20",
    "network build parts.csv --slice=year",
    "network metrics edges.csv nodes=nodes.csv",
    "network helix parts.csv group=region --replicates=9",
    "network backbone parts.csv",
    "network communities edges.csv nodes=nodes.csv --runs=3",
    "network brokerage edges.csv nodes=nodes.csv",
    "network resolve names.csv",
    "network hubs edges.csv nodes=nodes.csv --count=2",
    "network hubs edges.csv nodes=nodes.csv --count=2 --objective=coverage --radius=1",
    "network hubs edges.csv nodes=nodes.csv --count=2 --objective=key-player",
    "network resilience edges.csv nodes=nodes.csv --remove-by=kind --replicates=2",
    "network spillover jobs.csv actor=region class=industry actors=places.csv --proximity=mahalanobis "
    "--decay=exponential --pairs=2",
    "network innovation flows.csv patents=patents.csv --base-from=2000 --base-to=2005 --replicates=5",
    "network innovation works.csv --works=true --replicates=3",
    "network export edges.csv nodes=nodes.csv",
    "network recommend parts.csv --train-until=2015 --replicates=3 --top=20",
    "allocate efficiency firms.csv unit=firm input_1=labour input_2=capital output_1=output --sbm=both "
    "--super=true "
    "--bootstrap=3",
    "allocate malmquist firms.csv unit=firm input_1=labour input_2=capital output_1=output",
    "allocate misallocation firms.csv --replications=3",
    "allocate productivity firms.csv --method=all --replications=2",
    "allocate rd flows.csv source=citing target=cited weight=value sectors=sectors.csv",
    "allocate keyfirms edges.csv firms=nodes.csv --rho=0.02 --phi=0.02",
    "allocate platforms places.csv demand=region sites=places.csv --sites-max=3 --equity=0.2 --reach=150 "
    "--seconds=0",
    "allocate portfolio projects.csv requires=needs.csv excludes=needs.csv shares=shares.csv "
    "scenarios=scenarios.csv --budget=10 --risk=0.3 --seconds=0 --switch-limit=2 --next=1",
};
enum { N_CASES = sizeof cases / sizeof *cases };

typedef struct input {
    char *name, path[200];
    const char *paths[1];
    agl_pair columns[MOST_COLUMNS];
    agl_source source;
} input;

typedef struct a_case {
    const agl_method *method;
    char text[500];
    input inputs[MOST_INPUTS];
    size_t n_inputs;
} a_case;

static input *add_input(a_case *c, char *name, const char *file) {
    ck_assert_uint_lt(c->n_inputs, MOST_INPUTS);
    input *in = &c->inputs[c->n_inputs++];
    in->name = name;
    snprintf(in->path, sizeof in->path, "%s/%s", folder, file);
    in->paths[0] = in->path;
    in->source = (agl_source){.paths = in->paths, .n_paths = 1, .columns = in->columns, .aggregate = "mean"};
    return in;
}

static void add_column(a_case *c, char *role, const char *column) {
    input *in = &c->inputs[0];
    char *dot = strchr(role, '.');
    if (dot) {
        *dot = '\0';
        for (size_t i = 0; i < c->n_inputs; i++)
            if (strcmp(c->inputs[i].name, role) == 0) in = &c->inputs[i];
        role = dot + 1;
    }
    ck_assert_uint_lt(in->source.n_columns, MOST_COLUMNS);
    in->columns[in->source.n_columns++] = (agl_pair){role, column};
}

/* Reads the words of a case, makes its run and binds its inputs. */
static agl_run *prepare(a_case *c, const char *words, agl_db *db, const agl_ctx *ctx) {
    agl_error err = {0};
    agl_run *run = NULL;
    char *next = NULL;
    *c = (a_case){0};
    snprintf(c->text, sizeof c->text, "%s", words);
    const char *verb = strtok_r(c->text, " ", &next), *name = strtok_r(NULL, " ", &next);
    ck_assert_msg(agl__method_find(&c->method, verb, name, &err) == AGL_OK, "%s", err.message);
    ck_assert_int_eq(agl__run_new(&run, c->method, db, ctx, &err), AGL_OK);
    for (char *word; (word = strtok_r(NULL, " ", &next));) {
        char *value = strchr(word, '=');
        if (value) *value++ = '\0';
        if (!value)
            add_input(c, (char *)(uintptr_t)c->method->inputs[0].name, word);
        else if (strncmp(word, "--", 2) == 0)
            ck_assert_msg(agl__run_set(run, word + 2, value, &err) == AGL_OK, "%s", err.message);
        else if (strstr(value, ".csv"))
            add_input(c, word, value);
        else
            add_column(c, word, value);
    }
    for (size_t i = 0; i < c->n_inputs; i++)
        ck_assert_msg(agl__run_bind(run, c->inputs[i].name, &c->inputs[i].source, &err) == AGL_OK, "%s: %s",
                      words, err.message);
    return run;
}

/* ---- the faults ---- */

static agl_db *db;
static agl_ctx ctx = AGL_CTX_INIT;

static void one_fault(agl_run *run, const char *words, long k, size_t told) {
    agl_error err = {0};
    size_t before = agl__run_n_warnings(run);
    countdown = k;
    agl_status status = agl__run_execute(run, &err);
    bool hit = countdown < 0;
    countdown = -1;
    size_t lost = told - (agl__run_n_warnings(run) - before);
    if (!hit) /* the list of warnings has grown by now */
        ck_assert_msg(status == AGL_OK, "%s, without a fault: %s", words, err.message);
    else if (status == AGL_OK) /* a warning is not worth failing for */
        ck_assert_msg(lost == 1, "%s: allocation %ld failed and nobody noticed", words, k);
    else
        ck_assert_msg(status == AGL_ENOMEM && err.message[0], "%s: allocation %ld: status %d: %s", words, k,
                      status, err.message);
}

START_TEST(faults) {
    const char *words = cases[_i];
    agl_error err = {0};
    a_case c;
    ctx.threads = 1;
    ctx.cancel = &cancel;
    ck_assert_int_eq(agl__db_open(&db, NULL, false, &ctx, &err), AGL_OK);
    agl_run *run = prepare(&c, words, db, &ctx);
    size_t before = agl__run_n_warnings(run);
    allocations = 0;
    ck_assert_msg(agl__run_execute(run, &err) == AGL_OK, "%s: %s", words, err.message);
    long all = allocations;
    size_t told = agl__run_n_warnings(run) - before;
    long kept = alive - (long)agl__run_n_warnings(run);
    ck_assert_int_gt(all, 5);
    for (long k = 0; k < all; k += 1 + all / MOST_FAULTS)
        one_fault(run, words, k, told);
    for (long k = 0; k < all; k += 1 + all / MOST_CANCELS) {
        err = (agl_error){0};
        cancel_after = k;
        agl_status status = agl__run_execute(run, &err);
        ck_assert_msg(status == AGL_OK || (status == AGL_ECANCEL && err.message[0]),
                      "%s: cancelled at allocation %ld: status %d: %s", words, k, status, err.message);
        cancel_after = -1;
        atomic_store(&cancel, false);
    }
    err = (agl_error){0};
    ck_assert_msg(agl__run_execute(run, &err) == AGL_OK, "%s, after the faults: %s", words, err.message);
    long leaked = alive - (long)agl__run_n_warnings(run) - kept;
    ck_assert_msg(leaked == 0, "%s: %ld blocks were never freed", words, leaked);
    agl__run_free(run);
    agl__db_close(db);
}
END_TEST

int main(void) {
    if (!mkdtemp(folder)) return 1;
    write_regions();
    write_firms();
    write_networks();
    Suite *s = suite_create("fault");
    TCase *t = tcase_create("ops");
    tcase_set_timeout(t, 300);
    tcase_add_loop_test(t, faults, 0, N_CASES);
    suite_add_tcase(s, t);
    int rc = unit_main(s);
    char command[160];
    snprintf(command, sizeof command, "rm -rf '%s'", folder);
    return system(command) == 0 ? rc : 1;
}
