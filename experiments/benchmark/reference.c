// The reference workload in C, against which the engine's speed is measured; reference.py tells what is done and why.
// Same draws, rounds, columns and bounds, so that prices and fund agree to rounding, and liquidations in number.
//
//     cc -O3 -march=native -shared -fPIC -o reference.so reference.c

#include <math.h>
#include <stdint.h>

#define INLINE static inline __attribute__((always_inline))

enum { TURN = 200, ROUNDS = 20, FAN = 32 };
static const double FUNDING = 1e-5, MAINTENANCE = 0.05, IMPACT = 0.003, MEAN_COLLATERAL = 1000.0;

typedef struct {
    int64_t number, groups;                 // accounts; groups of FAN x FAN places on either side
    double *edge, *size, *worst, *highest;  // (2, places) twice, (2, blocks), (2, groups), as workload.State
    double *market;                         // price, funding index, fund
    uint64_t leverage, collateral;          // keys of the draws
} State;

typedef struct {
    double price, funding;
    uint64_t leverage, collateral;  // keys of the step's draws
} Step;

typedef struct {
    int64_t closed;
    double contracts, left;
} Tally;

INLINE uint64_t mix(uint64_t value) {
    value = (value ^ (value >> 30)) * 0xBF58476D1CE4E5B9u;
    value = (value ^ (value >> 27)) * 0x94D049BB133111EBu;
    return value ^ (value >> 31);
}

INLINE uint64_t key_at(uint64_t key, uint64_t step) { return mix(key + step * 0x9E3779B97F4A7C15u); }

INLINE double uniform_at(uint64_t key, uint64_t slot) {
    uint64_t bits = mix(key + slot * 0xD1B54A32D192ED03u);
    return ((double)(int64_t)(bits >> 12) + 0.5) * (1.0 / 4503599627370496.0);
}

INLINE double greater(double one, double other) { return one > other ? one : other; }

INLINE double signed_by(int side, double value) { return side ? -value : value; }

// Open a position at the market; return its edge, s p - s F - p / leverage.
INLINE double open_place(double *edge, double *size, const Step *at, int side, uint64_t place) {
    uint64_t slot = 2 * (uint64_t)place + (uint64_t)side;
    double collateral = 500.0 + 1000.0 * uniform_at(at->collateral, slot);
    double leverage = 2.0 + 13.0 * uniform_at(at->leverage, slot);
    size[place] = signed_by(side, leverage * collateral / at->price);
    return edge[place] = signed_by(side, at->price - at->funding) - at->price / leverage;
}

INLINE void open_slots(State *state, const Step *at, int64_t first, int64_t last) {
    for (int side = 0; side < 2; side++) {
        double *edge = state->edge + side * state->groups * FAN * FAN;
        double *size = state->size + side * state->groups * FAN * FAN;
        double *worst = state->worst + side * state->groups * FAN, *highest = state->highest + side * state->groups;
        for (uint64_t place = (uint64_t)(first + 1 - side) / 2; place < (uint64_t)(last + 1 - side) / 2; place++) {
            double opened = open_place(edge, size, at, side, place);
            worst[place / FAN] = greater(worst[place / FAN], opened);
            highest[place / (FAN * FAN)] = greater(highest[place / (FAN * FAN)], opened);
        }
    }
}

// Close what is above the limit in a block and open it again; return the greatest edge then.
INLINE double close_block(double *edge, double *size, const Step *at, int side, uint64_t block, double limit,
                          Tally *tally) {
    double greatest = -INFINITY;
    for (uint64_t place = block * FAN; place < (block + 1) * FAN; place++) {
        double here = edge[place];
        if (here > limit) {
            tally->closed++;
            tally->contracts += size[place];
            tally->left += size[place] * (at->price - at->funding - signed_by(side, here));
            here = open_place(edge, size, at, side, place);
        }
        greatest = greater(greatest, here);
    }
    return greatest;
}

INLINE void close_side(State *state, const Step *at, int side, double limit, Tally *tally) {
    double *edge = state->edge + side * state->groups * FAN * FAN, *size = state->size + side * state->groups * FAN * FAN;
    double *worst = state->worst + side * state->groups * FAN, *highest = state->highest + side * state->groups;
    for (uint64_t group = 0; group < (uint64_t)state->groups; group++) {
        if (!(highest[group] > limit)) continue;
        double greatest = -INFINITY;
        for (uint64_t block = group * FAN; block < (group + 1) * FAN; block++) {
            double here = worst[block];
            if (here > limit) here = worst[block] = close_block(edge, size, at, side, block, limit, tally);
            greatest = greater(greatest, here);
        }
        highest[group] = greatest;
    }
}

void run(State *state, int64_t begin, const double *factors, int64_t steps, double *price, double *fund,
         int64_t *liquidations, int64_t *rounds) {
    double *market = state->market;
    Step at = {.price = market[0], .funding = market[1]};
    for (int64_t i = 0; i < steps; i++) {
        int64_t step = begin + i, turn = step % TURN, number = state->number;
        at.price *= factors[i];
        at.funding += FUNDING * at.price;
        at.leverage = key_at(state->leverage, (uint64_t)step);
        at.collateral = key_at(state->collateral, (uint64_t)step);
        open_slots(state, &at, (number * turn + TURN - 1) / TURN, (number * (turn + 1) + TURN - 1) / TURN);
        liquidations[i] = rounds[i] = 0;
        while (rounds[i] < ROUNDS) {
            Tally tally = {0};
            close_side(state, &at, 0, at.price * (1.0 - MAINTENANCE) - at.funding, &tally);
            close_side(state, &at, 1, at.funding - at.price * (1.0 + MAINTENANCE), &tally);
            if (!tally.closed) break;
            at.price *= 1.0 - IMPACT * tally.contracts * at.price / ((double)number * MEAN_COLLATERAL);
            market[2] += tally.left;
            liquidations[i] += tally.closed;
            rounds[i]++;
        }
        price[i] = at.price;
        fund[i] = market[2];
    }
    market[0] = at.price;
    market[1] = at.funding;
}
