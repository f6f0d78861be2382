/**
 * UniPic as <a href="https://docs.langchain4j.dev">LangChain4j</a>'s models, in the same process: an
 * {@link io.github.unipic.langchain4j.UniPicImageModel} that generates and edits, and two that answer about images,
 * {@link io.github.unipic.langchain4j.UniPicChatModel} and
 * {@link io.github.unipic.langchain4j.UniPicStreamingChatModel}. Each is built around a
 * {@link io.github.unipic.UniPic}, which several may share and its owner closes after them.
 *
 * <p>What the model cannot do is refused with an {@link dev.langchain4j.exception.UnsupportedFeatureException} that
 * names it: tools, JSON answers, another model's name, penalties other than the repetition penalty, content other than
 * text and images, images to be fetched. What is wrong in a request is refused with an
 * {@link dev.langchain4j.exception.InvalidRequestException}; other failures are the SDK's own
 * {@link io.github.unipic.UniPicException}s.
 */
package io.github.unipic.langchain4j;
