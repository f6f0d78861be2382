package io.github.unipic.text;

import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.function.Predicate;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/**
 * The tokens added to the vocabulary, such as {@code <|im_end|>}. They are found in text before it is split further.
 */
final class AddedTokens {
    /** The placeholder for an image's embeddings. It is never found in text: images come only through the API. */
    static final String IMAGE = "<image>";

    /** @param special whether it controls the model, like the markers of the chat format */
    record AddedToken(String content, int id, boolean special) {}

    private final Map<String, AddedToken> byContent;
    private final Set<Integer> specialIds;
    private final Pattern any;

    AddedTokens(List<AddedToken> tokens) {
        byContent = tokens.stream().collect(Collectors.toMap(AddedToken::content, Function.identity()));
        specialIds =
                tokens.stream().filter(AddedToken::special).map(AddedToken::id).collect(Collectors.toSet());
        // At each index the first matching alternative is taken, so the longest must come first.
        any = Pattern.compile(
                tokens.isEmpty()
                        ? "(?!)"
                        : byContent.keySet().stream()
                                .sorted(Comparator.comparingInt(String::length).reversed())
                                .map(Pattern::quote)
                                .collect(Collectors.joining("|")));
    }

    /**
     * Finds tokens from left to right, and the longest one at each index. As in Hugging Face's library, unwanted tokens
     * stay text, and are not searched for other tokens.
     *
     * @param wanted says which tokens to find
     * @param text is notified of the text between tokens, which may be empty
     * @param token is notified of the tokens
     */
    void split(String whole, Predicate<AddedToken> wanted, Consumer<String> text, Consumer<AddedToken> token) {
        int done = 0;
        Matcher matcher = any.matcher(whole);
        while (matcher.find()) {
            AddedToken found = byContent.get(matcher.group());
            if (wanted.test(found) && !found.content().equals(IMAGE)) {
                text.accept(whole.substring(done, matcher.start()));
                token.accept(found);
                done = matcher.end();
            }
        }
        text.accept(whole.substring(done));
    }

    Optional<AddedToken> find(String content) {
        return Optional.ofNullable(byContent.get(content));
    }

    boolean isSpecial(int id) {
        return specialIds.contains(id);
    }
}
