package io.bivouac.engine.lsm;

/** Two of SELinux's categories, which a container's processes and files share and no other's have. */
record CategoryPair(int low, int high) {
    /** Policies have 1024, as a rule. */
    static final int CATEGORIES = 1024;

    CategoryPair {
        if (low < 0 || high <= low || high >= CATEGORIES) {
            throw new IllegalArgumentException("not two categories in order: " + low + ", " + high);
        }
    }

    /** As in a context: {@code c1,c2}. */
    @Override
    public String toString() {
        return "c" + low + ",c" + high;
    }
}
