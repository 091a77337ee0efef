package outside;

class BetaTest extends Camp {}
