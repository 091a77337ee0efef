package io.bivouac.engine.registry;

/** Text of strangers, made fit for a message: it could be long, or hold commands to the terminal that shows it. */
final class Texts {
    private static final int LIMIT = 200;

    private Texts() {}

    static String printable(String text) {
        StringBuilder out = new StringBuilder();
        text.strip()
                .codePoints()
                .limit(LIMIT)
                .map(character -> Character.isISOControl(character) || isInvisible(character) ? ' ' : character)
                .forEach(out::appendCodePoint);
        if (text.strip().codePointCount(0, text.strip().length()) > LIMIT) {
            out.append('…');
        }
        return out.toString();
    }

    /** A sentence's beginning, fit for the midst of another one. */
    static String withinSentence(String text) {
        boolean word = text.length() > 1 && Character.isLowerCase(text.charAt(1));
        return word ? Character.toLowerCase(text.charAt(0)) + text.substring(1) : text;
    }

    /** Marks that change the direction of writing, and what no font shows. */
    private static boolean isInvisible(int character) {
        int type = Character.getType(character);
        return type == Character.FORMAT || type == Character.SURROGATE || type == Character.UNASSIGNED;
    }
}
