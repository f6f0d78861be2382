/**
 * UniPic as <a href="https://docs.spring.io/spring-ai/reference/">Spring AI</a>'s models, in the same process: an
 * {@link io.github.unipic.springai.UniPicImageModel} and a {@link io.github.unipic.springai.UniPicChatModel}. Each is
 * built around a {@link io.github.unipic.UniPic}, which several may share and its owner closes after them.
 *
 * <p>What the model cannot do is refused with an {@link java.lang.UnsupportedOperationException} that names it. All
 * other failures are the SDK's own {@link io.github.unipic.UniPicException}s.
 */
package io.github.unipic.springai;
