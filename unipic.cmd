@echo off
rem Runs the unipic command line from this source tree, building it first when it is not built.
rem After changing sources, build again: mvn package
rem   JAVA_HOME         the JDK to use (17 or later); otherwise the java on the PATH
rem   UNIPIC_JAVA_OPTS  more options for Java, for example -Xmx8g
rem Paths may contain parentheses, as in C:\Program Files (x86), so no block in parentheses uses one.
setlocal
set "target=%~dp0samples\cli\target"
set "java=java"
if defined JAVA_HOME set "java=%JAVA_HOME%\bin\java"
if not "%target:;=%"=="%target%" goto semicolon
"%java%" --enable-native-access=ALL-UNNAMED -version >nul 2>&1
if errorlevel 1 goto nojava
if exist "%target%\classpath" goto run
if not exist "%target%" mkdir "%target%"
echo unipic: building (the first time this downloads about 1 GB and takes minutes; log: "%target%\build.log") 1>&2
call mvn -q -B -DskipTests -f "%~dp0pom.xml" package >"%target%\build.log" 2>&1
if errorlevel 1 goto nobuild
:run
rem Not as an option: a command line has at most 8191 characters, most of which the class path may take.
for /f "usebackq delims=" %%p in ("%target%\classpath") do set "CLASSPATH=%target%\unipic-cli.jar;%%p"
"%java%" --enable-native-access=ALL-UNNAMED %UNIPIC_JAVA_OPTS% io.github.unipic.cli.UniPicCommand %*
exit /b %errorlevel%

:semicolon
echo unipic: Java loads nothing from a folder with a semicolon in its path ("%~dp0"); move it 1>&2
exit /b 1
:nojava
echo unipic: there is no Java 17 or later; install a JDK, or set JAVA_HOME to one 1>&2
exit /b 1
:nobuild
echo unipic: the build failed; its log is "%target%\build.log" 1>&2
exit /b 1
