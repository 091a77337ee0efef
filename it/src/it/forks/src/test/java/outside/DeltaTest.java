package outside;

class DeltaTest extends Camp {}
