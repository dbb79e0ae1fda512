// tests/peers/boost.cpp - peer-boost FOLDER N_NODES N_SITES LIMIT_MS REPEATS: the questions of travel-bench put to the Boost
// Graph Library (CSR graph, 4-ary heap, nothing initialised again between bounded searches). Prints one JSON object.
#include <boost/graph/compressed_sparse_row_graph.hpp>
#include <boost/graph/dijkstra_shortest_paths_no_color_map.hpp>
#include <algorithm>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <limits>
#include <string>
#include <utility>
#include <vector>

struct Weight { uint32_t ms; };
using Graph = boost::compressed_sparse_row_graph<boost::directedS, boost::no_property, Weight, boost::no_property, uint32_t, uint32_t>;
using Vertex = boost::graph_traits<Graph>::vertex_descriptor;
constexpr uint32_t far = std::numeric_limits<uint32_t>::max();

static std::vector<uint32_t> load(const std::string &path) {
    FILE *f = std::fopen(path.c_str(), "rb");
    if (!f) { std::perror(path.c_str()); std::exit(1); }
    std::fseek(f, 0, SEEK_END);
    std::vector<uint32_t> v(static_cast<size_t>(std::ftell(f)) / 4);
    std::rewind(f);
    if (std::fread(v.data(), 4, v.size(), f) != v.size()) std::exit(1);
    std::fclose(f);
    return v;
}

struct Beyond {};

// Notes what was reached, so that only that is set back; leaves when the limit is passed.
struct Bounded : boost::dijkstra_visitor<> {
    std::vector<uint32_t> &reached;
    const std::vector<uint32_t> &distance;
    uint32_t limit;
    size_t &settled;
    uint64_t &sum;
    uint32_t n;
    Bounded(std::vector<uint32_t> &r, const std::vector<uint32_t> &d, uint32_t l, size_t &s, uint64_t &u, uint32_t nodes)
        : reached(r), distance(d), limit(l), settled(s), sum(u), n(nodes) {}
    template <class G> void discover_vertex(Vertex v, const G &) { reached.push_back(static_cast<uint32_t>(v)); }
    template <class G> void examine_vertex(Vertex v, const G &) {
        if (distance[v] > limit) throw Beyond();
        if (v < n) { settled++; sum += distance[v]; }
    }
};

static double now_ms() {
    return std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

int main(int argc, char **argv) {
    if (argc != 6) return 2;
    const std::string folder = argv[1];
    const uint32_t n = std::strtoul(argv[2], nullptr, 10), sites = std::strtoul(argv[3], nullptr, 10);
    const uint32_t limit = std::strtoul(argv[4], nullptr, 10);
    const int repeats = std::atoi(argv[5]);
    std::vector<uint32_t> arc = load(folder + "/arc"), seed = load(folder + "/seed");
    std::vector<std::pair<uint32_t, uint32_t>> ends;
    std::vector<Weight> weights;
    // The reverse graph; behind its nodes one more a site, then one for all sites.
    for (size_t i = 0; i < arc.size(); i += 3) { ends.emplace_back(arc[i + 1], arc[i]); weights.push_back({arc[i + 2]}); }
    for (size_t i = 0; i < seed.size(); i += 3) {
        ends.emplace_back(n + seed[i], seed[i + 1]); weights.push_back({seed[i + 2]});
        ends.emplace_back(n + sites, seed[i + 1]); weights.push_back({seed[i + 2]});
    }
    Graph g(boost::edges_are_unsorted_multi_pass, ends.begin(), ends.end(), weights.begin(), n + sites + 1);
    auto weight = boost::get(&Weight::ms, g);
    auto index = boost::get(boost::vertex_index, g);
    std::vector<uint32_t> distance(n + sites + 1, far);
    auto d = boost::make_iterator_property_map(distance.begin(), index);
    auto add = [](uint32_t a, uint32_t b) { return a == far || b == far ? far : a + b; };
    std::vector<double> nearest, bounded;
    uint64_t nearest_sum = 0, sum = 0;
    size_t settled = 0;
    for (int k = 0; k < repeats; k++) {
        double from = now_ms();
        boost::dijkstra_shortest_paths_no_color_map(g, n + sites, boost::dummy_property_map(), d, weight, index,
            std::less<uint32_t>(), add, far, 0u, boost::default_dijkstra_visitor());
        nearest.push_back(now_ms() - from);
    }
    for (uint32_t v = 0; v < n; v++) nearest_sum += distance[v] == far ? 0 : distance[v];
    std::fill(distance.begin(), distance.end(), far);
    std::vector<uint32_t> reached;
    for (int k = 0; k < repeats; k++) {
        settled = 0; sum = 0;
        double from = now_ms();
        for (uint32_t s = 0; s < sites; s++) {
            distance[n + s] = 0;
            try {
                boost::dijkstra_shortest_paths_no_color_map_no_init(g, n + s, boost::dummy_property_map(), d, weight, index,
                    std::less<uint32_t>(), add, far, 0u, Bounded(reached, distance, limit, settled, sum, n));
            } catch (const Beyond &) {}
            distance[n + s] = far;
            for (uint32_t v : reached) distance[v] = far;
            reached.clear();
        }
        bounded.push_back(now_ms() - from);
    }
    std::sort(nearest.begin(), nearest.end());
    std::sort(bounded.begin(), bounded.end());
    std::printf("{\"nearest_ms\": %.6f, \"bounded_ms\": %.6f, \"nearest_sum\": %llu, \"settled\": %zu, \"bounded_sum\": %llu}\n",
        nearest[repeats / 2], bounded[repeats / 2], (unsigned long long)nearest_sum, settled, (unsigned long long)sum);
}
