package io.github.unipic.cli;

import io.github.unipic.UniPic;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.ParentCommand;

/** {@code unipic chat}: a conversation with images in the terminal. */
@Command(
        name = "chat",
        description = {
            "A conversation about images, which also generates and edits them, in the terminal or from a pipe.",
            "",
            Chat.HELP,
        },
        footerHeading = "%nExamples:%n",
        footer = {
            "  unipic chat --model unipic-1.5b",
            "  printf '/image fox.png\\nWhat animal is this?\\n/draw The same at night\\n' | unipic chat",
        })
final class ChatCommand implements Callable<Integer> {
    @ParentCommand
    private UniPicCommand unipic;

    @Mixin
    private ModelOptions model;

    @Mixin
    private SpecialTokensOption specialTokens;

    @Override
    public Integer call() {
        Session session = unipic.session();
        try (UniPic loaded = model.load(session, false);
                Chat chat = new Chat(session, loaded, specialTokens)) {
            Interruption.redirectingCtrlC(chat::interrupt, chat::run);
        }
        return UniPicCommand.OK;
    }
}
