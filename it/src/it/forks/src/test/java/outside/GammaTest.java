package outside;

class GammaTest extends Camp {}
