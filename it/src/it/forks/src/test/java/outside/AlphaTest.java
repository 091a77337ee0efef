package outside;

class AlphaTest extends Camp {}
